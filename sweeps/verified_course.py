"""Verifying a study's course against the records of its runs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Seeds
from sweeps.crossed import run_names
from sweeps.files import read_json
from sweeps.finding import Finding
from sweeps.known_recipes import KnownRecipes
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["verify_course"]

Records = Mapping[tuple[str, str], RunRecord | None]


def verify_course(paths: StudyPaths, records: Records, known: KnownRecipes) -> Iterator[Finding]:
    """Yield what the course of a study and the records of its runs do not agree in.

    Arguments:
        paths: the study's.
        records: of all runs that are there, by the names of the recipe's and the seeds' folder; None for a broken one.
        known: recipes met before.

    Raises:
        InvalidInput: for a recipe of components that are not loaded.
    """
    if not paths.study.is_file():
        return
    try:
        missing, faults = _compare(read_json(paths.study), records, known)
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as error:
        if isinstance(error, InvalidInput) and "is not known here" in str(error):
            raise
        yield Finding(paths.study, f"cannot be read ({' '.join(str(error).split())})", paths.study)
        return
    for recipe, seeds, why in missing:
        yield Finding(paths.runs / recipe / seeds, f"is missing, {why}", None)
    for fault in faults:
        yield Finding(paths.study, fault, paths.study)


def _compare(
    course: Mapping[str, Any], records: Records, known: KnownRecipes
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Return the runs that are missing, with why they should be there, and what is wrong in the course itself."""
    missing: dict[tuple[str, str], str] = {}
    faults = []
    if course["format"] != 1:
        faults.append(f"has the format {course['format']!r}")
    search_seeds = [Seeds.all(seed).name for seed in course["budget"]["search_seeds"]]
    if [trial["number"] for trial in course["trials"]] != list(range(len(course["trials"]))):
        faults.append("does not number its trials from 0")
    if len(course["trials"]) > course["budget"]["trials"]:
        faults.append(f"tells of {len(course['trials'])} trials where its budget has {course['budget']['trials']}")
    if course["finished"] and len(course["trials"]) < course["budget"]["trials"]:
        faults.append(f"is finished with {len(course['trials'])} of {course['budget']['trials']} trials")
    for trial in course["trials"]:
        name, number = trial["recipe"], trial["number"]
        if known.hash(known.decode(trial["recipe_json"])) != name:
            faults.append(f"gives trial {number} a recipe that is not {name}")
            continue
        runs = [(name, seeds) for seeds in search_seeds]
        dropped = trial.get("dropped", False)
        # What halving drops has met all seeds, for fewer epochs.
        if not dropped or course["budget"].get("halving"):
            missing |= {run: f"and trial {number} was trained on it" for run in runs if run not in records}
        if not dropped:
            found = [record for record in map(records.get, runs) if record is not None]
            faults += _of_trial(trial, course["metric"], found) if len(found) == len(runs) else ()
    for each in course["confirmed"]:
        name = each["recipe"]
        if known.hash(known.decode(each["recipe_json"])) != name:
            faults.append(f"confirms a recipe that is not {name}")
            continue
        for its in run_names(each, course["budget"]) if course["finished"] else ():
            recipe, _, seeds = its.partition("/")
            run = (recipe, seeds)
            record = records.get(run)
            if run not in records or (record is not None and record.purpose == "search"):
                missing[run] = f"and the study, which is finished, confirms {name}"
    return [(*run, why) for run, why in missing.items()], faults


def _of_trial(trial: Mapping[str, Any], metric: str, records: Sequence[RunRecord]) -> Iterator[str]:
    """Yield what a trial says otherwise than the records of all its runs."""
    diverged = sum(record.diverged_step is not None for record in records)
    if diverged != trial["diverged_seeds"]:
        yield f"says that trial {trial['number']} diverged on {trial['diverged_seeds']} seeds; it did on {diverged}"
    values = [record.metrics.get(metric) for record in records]
    # A value that is worse than guessing is told as guessing; what that is, only the data could say.
    if metric == "validation_accuracy" and all(value is not None for value in values):
        mean = math.fsum(value for value in values if value is not None) / len(values)
        if not math.isclose(mean, trial["value"], rel_tol=1e-9):
            yield f"gives trial {trial['number']} the value {trial['value']}; its records have {mean}"
