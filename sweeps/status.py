"""How far a study is, read from its files alone: no search is opened, no record decoded."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Seeds
from sweeps.best_so_far import Best, GroupCourse, best_of, course_of_groups, record_of
from sweeps.crossed import run_names
from sweeps.files import read_json
from sweeps.journal import journal_lines
from sweeps.lock import is_locked
from sweeps.paths import StudyPaths
from sweeps.study import sign_of
from sweeps.successive_halving import SuccessiveHalving

__all__ = ["Status", "status_of"]


@dataclass(frozen=True)
class Status:
    """How far a study is.

    Arguments:
        budget_name: under which it last ran.
        driver: what `StudyPaths.driver` holds, empty if there is none.
        at_work: whether a driver holds the study's lock.
        metric: what the search optimizes.
        trials: of the budget.
        proposed: trials begun.
        told: trials that have their value.
        dropped: trials that were given up, by racing or halving.
        diverged: trials of which some run diverged.
        diverged_runs: of the search, and of the winners.
        searched: runs of the search that are complete, of how many; of trials that halving drops there are none.
        confirmed: runs of the winners and companions of these that are complete, of how many; the second None before
            the winners are known.
        best: trial so far.
        groups: the best value so far of each group, by trial.
        seconds_left: estimated from the journal; None without a basis, 0 of a complete study.
        finished: whether the study is complete.
    """

    budget_name: str
    driver: Mapping[str, Any]
    at_work: bool
    metric: str
    trials: int
    proposed: int
    told: int
    dropped: int
    diverged: int
    diverged_runs: tuple[int, int]
    searched: tuple[int, int]
    confirmed: tuple[int, int | None]
    best: Best | None
    groups: tuple[GroupCourse, ...]
    seconds_left: float | None
    finished: bool

    @property
    def failure(self) -> str | None:
        """Why the last driver ended before its end, None if it did not or was asked to."""
        if self.at_work:
            return None
        ended = self.driver.get("ended", "complete")
        if ended is None:
            return "the last driver was killed"
        return None if ended in ("complete", "stopped", "interrupted") else str(ended)


def status_of(paths: StudyPaths) -> Status:
    """Return how far a study is.

    Raises:
        InvalidInput: if the store holds nothing of it, or what it holds cannot be read.
    """
    course = _read(paths, "study")
    driver = _read(paths, "driver")
    if not course and not driver:
        raise InvalidInput(f"{paths.root} holds nothing of a study: `atlas run` it first.")
    try:
        return _status(paths, course, driver)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{paths.root} cannot be read ({error!r}): `atlas verify` says what is wrong.") from error


def _status(paths: StudyPaths, course: Mapping[str, Any], driver: Mapping[str, Any]) -> Status:
    # A driver that has just begun under another budget has not written its course yet.
    budget_name = driver.get("budget_name", course.get("budget_name"))
    if course and course["budget_name"] != budget_name:
        course = {}
    budget: Mapping[str, Any] = driver.get("budget") or course["budget"]
    metric: str = driver.get("metric") or course["metric"]
    trials = course.get("trials", [])
    known = list(dict.fromkeys(trial["recipe"] for trial in trials))
    begun = [name for name in driver.get("open", []) if name not in set(known)]
    search_seeds = [Seeds.all(seed).name for seed in budget["search_seeds"]]
    of_recipe = {name: _complete(paths, [name], search_seeds) for name in known}
    searched = sum(of_recipe[trial["recipe"]] for trial in trials) + _complete(paths, begun, search_seeds)
    dropped = [trial for trial in trials if trial.get("dropped", False)]
    wanted = _whole(budget, len(dropped)) * len(search_seeds) + sum(of_recipe[trial["recipe"]] for trial in dropped)
    # Two recipes may have a companion in common.
    winners = {name for each in course.get("confirmed", []) for name in run_names(each, budget)}
    done = sum((paths.runs / name / "record.json").is_file() for name in winners)
    confirmed = (done, len(winners) if winners else None)
    finished = bool(course.get("finished", False))
    # Of the winners the first may be trained on crossed seeds too; companions are known once the winners are.
    first = run_names({"recipe": "", "reasons": ["winner 1"]}, budget)
    fewest = (budget["winners"] - 1) * len(budget["report_seeds"]) + len(first)
    runs = confirmed[1] or fewest
    remaining = {"search": max(0, wanted - searched), "confirm": max(0, runs - confirmed[0])}
    workers = max(1, int(driver.get("workers", 1)))
    left = 0.0 if finished else _seconds_left(journal_lines(paths.journal, budget_name), remaining, workers)
    return Status(
        budget_name=budget_name,
        driver=driver,
        at_work=is_locked(paths),
        metric=metric,
        trials=budget["trials"],
        proposed=max(len(trials), driver.get("proposed", 0)),
        told=len(trials),
        dropped=len(dropped),
        diverged=sum(trial["diverged_seeds"] > 0 for trial in trials),
        diverged_runs=(sum(trial["diverged_seeds"] for trial in trials), _diverged(paths, winners)),
        searched=(searched, wanted),
        confirmed=confirmed,
        best=best_of(paths, trials, metric, search_seeds),
        groups=course_of_groups(trials, course.get("group_by", []), sign_of(metric)),
        seconds_left=left,
        finished=finished,
    )


def _whole(budget: Mapping[str, Any], dropped: int) -> int:
    """Return how many trials are trained on all seeds to the end, as far as it is known."""
    halving = SuccessiveHalving.from_json(budget.get("halving"))
    if halving is None:
        return int(budget["trials"]) - dropped
    return halving.entrants(budget["trials"], budget["parallel_trials"])[-1]


def _read(paths: StudyPaths, name: str) -> dict[str, Any]:
    path = getattr(paths, name)
    content = read_json(path) if path.is_file() else {}
    if not isinstance(content, dict):
        raise InvalidInput(f"{path} is not what a driver writes: move it away and run again.")
    return content


def _complete(paths: StudyPaths, recipes: Iterable[str], names: Sequence[str]) -> int:
    """Return how many runs of recipes, given by their hashes, are complete; of seeds by their folders' names."""
    return sum((paths.runs / recipe / name / "record.json").is_file() for recipe in recipes for name in names)


def _diverged(paths: StudyPaths, names: Iterable[str]) -> int:
    records = (record_of(paths, *name.split("/")) for name in names)
    return sum(record.get("diverged_step") is not None for record in records)


def _seconds_left(lines: Iterable[Mapping[str, Any]], remaining: Mapping[str, int], workers: int) -> float | None:
    """Return the time that the remaining runs take if each takes what those of its purpose did; None without any."""
    runs, seconds = dict.fromkeys(remaining, 0), dict.fromkeys(remaining, 0.0)
    for line in lines:
        if line["purpose"] in remaining:
            runs[line["purpose"]] += line["runs"]
            seconds[line["purpose"]] += line["seconds"]
    if not sum(runs.values()):
        return None
    overall = sum(seconds.values()) / sum(runs.values())
    each = {purpose: seconds[purpose] / runs[purpose] if runs[purpose] else overall for purpose in remaining}
    return math.fsum(each[purpose] * count for purpose, count in remaining.items()) / workers
