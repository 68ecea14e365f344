"""The driver: it alone talks to the search, hands stacks to an executor, and writes down the course of a study."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.stack_data import load
from sweeps.companions import companions
from sweeps.course import Confirmation, Course, TrialOutcome
from sweeps.database import identity
from sweeps.executors.executor import Executor, Outcome
from sweeps.files import read_json, write_json
from sweeps.first_claims import first_claims
from sweeps.groups import group_of
from sweeps.journal import append_journal
from sweeps.paths import StudyPaths
from sweeps.pool import Pool
from sweeps.preview import preview
from sweeps.ranking import confirmations, ranked
from sweeps.record import Purpose, RunRecord
from sweeps.rung_check import check_options, check_rungs
from sweeps.search import Proposal, Search
from sweeps.searching import Searching
from sweeps.standing import rungs_reached
from sweeps.store import RunStore
from sweeps.study import Study
from sweeps.tracker import Tracker
from sweeps.training import check_backend, train
from sweeps.trials import OpenTrial
from sweeps.watcher import Watcher

__all__ = ["Driver"]


@dataclass(frozen=True)
class Driver:
    """Runs a study to its end, from wherever it stands.

    Arguments:
        name: of the study.
        file: that defines it, written down so that a report can find the components it defines.
        study: to be run.
        budget_name: one of its budgets.
        paths: where it is kept; the caller holds its lock.
        executor: trains the stacks.
        tracker: mirrors what is done.
        watcher: hears of progress.
        in_order: what is proposed depends on no timing (`Searching`).
        stop: tells, between stacks, whether to leave.
        database: an SQLAlchemy URL to keep the search at; None keeps it beside the runs.
    """

    name: str
    file: Path
    study: Study
    budget_name: str
    paths: StudyPaths
    executor: Executor
    tracker: Tracker
    watcher: Watcher
    in_order: bool = True
    stop: Callable[[], bool] = lambda: False
    database: str | None = None

    def run(self) -> int:
        """Search, then confirm the winners; return how many runs were trained now, 0 if the study was complete.

        Raises:
            InvalidInput: if the study cannot be run.
            Stopped: if it was to leave before its end.
        """
        budget = self.study.budget(self.budget_name)
        middle = preview(self.study, self.budget_name)
        middle.loss.check(load(middle.data))
        check_options(self.study, self.budget_name)
        trials, searched = self._search()
        confirmed = confirmations(trials, self.study, budget.winners)
        trained = searched + self._confirm(trials, confirmed)
        self._write(trials, confirmed, finished=True)
        self.watcher.finished(trained)
        return trained

    def _search(self) -> tuple[list[TrialOutcome], int]:
        """Return what came out of the search's trials, and how many runs were trained now."""
        with self._open() as search:
            return self._searched(search)

    def _searched(self, search: Search) -> tuple[list[TrialOutcome], int]:
        budget = self.study.budget(self.budget_name)
        proposals = search.proposals()[: budget.trials]
        total = sum(budget.entrants) * len(budget.search_seeds)
        self._begin("search", self._runs([proposal.recipe for proposal in proposals], "search"), total)
        first: list[Proposal] = []
        trained = 0
        unwritten = False

        def check(proposal: Proposal) -> None:
            first.append(proposal)
            self._check(proposal, first[0])
            self.watcher.proposed(proposal.number, proposal.recipe)

        def note(outcome: Outcome) -> None:
            nonlocal trained, unwritten
            trained += self._note("search", outcome)
            unwritten = True

        def told(trial: OpenTrial, outcomes: Sequence[TrialOutcome]) -> None:
            nonlocal unwritten
            outcome = next(each for each in outcomes if each.number == trial.proposal.number)
            self.watcher.told(outcome.number)
            if trial.records:
                self.tracker.search_trial(outcome.number, list(trial.records.values()), outcome.value)
            if next(iter(ranked(outcomes, self.study)), None) is outcome:
                self.watcher.best(outcome.value, outcome.recipe)
            if unwritten:
                unwritten = False
                self._write(outcomes, [], finished=False)

        store = RunStore(self.paths.runs)
        pool = Pool("search", store, self.executor, note, self.stop, self.watcher.under_way)
        searching = Searching(self.study, self.budget_name, search, store, pool, self.in_order, check, told)
        return searching.run(), trained

    def _open(self) -> Search:
        if self.database is None:
            return Search(self.study, self.budget_name, self.paths.search)
        name = f"{self.name}, {self.budget_name}, {identity(self.paths.search_identity)}"
        return Search(self.study, self.budget_name, self.database, name)

    def _check(self, proposal: Proposal, first: Proposal) -> None:
        """Refuse a recipe that cannot be judged, grouped or compared, before it is trained."""
        self.study.check(proposal.recipe)
        check_rungs(proposal.recipe, self.study.budget(self.budget_name))
        for field in self.study.group_by:
            group_of(proposal.recipe, field)
        task, before = proposal.recipe.loss.task, first.recipe.loss.task
        if task != before:
            raise InvalidInput(
                f"Trial {proposal.number} is for {task} and trial {first.number} for {before}, which have no score in"
                " common: make two studies of them."
            )

    def _confirm(self, trials: Sequence[TrialOutcome], confirmed: Sequence[Confirmation]) -> int:
        """Train the recipes to be confirmed on their seeds; return how many runs were trained."""
        reasons = {each.recipe: each.reasons for each in confirmed}
        # A combination of crossed seeds may be a report seed as well.
        runs = list(dict.fromkeys([*self._runs(reasons, "confirm"), *self._crossed(confirmed)]))
        if self._begin("confirm", runs, len(runs)) < len(runs):
            self._write(trials, confirmed, finished=False)
        store = RunStore(self.paths.runs)
        told: set[Run] = set()
        trained = 0

        def tell(record: RunRecord) -> None:
            if record.run not in told:
                told.add(record.run)
                self.tracker.confirmed_run(record, reasons.get(record.recipe, ("companion",)))

        def note(outcome: Outcome) -> None:
            nonlocal trained
            trained += self._note("confirm", outcome)
            # A stack at a time, so that the tracker has little left to do when the last one is done.
            for record in (store.find(run, "confirm") for run in outcome.task.runs):
                if record is not None:
                    tell(record)

        for record in train(runs, "confirm", store, self.executor, note, self.stop, self.watcher.under_way):
            tell(record)
        return trained

    def _runs(self, recipes: Iterable[Recipe], purpose: Purpose) -> list[Run]:
        """Return every recipe on every seed of a phase, the seeds of a recipe together."""
        budget = self.study.budget(self.budget_name)
        seeds = budget.search_seeds if purpose == "search" else budget.report_seeds
        chosen = list(recipes)
        runs = [Run(recipe, Seeds.all(seed)) for recipe in chosen for seed in seeds]
        if purpose == "search":
            return runs
        more = (run for recipe in chosen for seed in seeds for run in companions(recipe, seed, budget.members))
        return list(dict.fromkeys([*runs, *more]))

    def _crossed(self, confirmed: Sequence[Confirmation]) -> list[Run]:
        """Return the best recipe, or that of each group, on the crossed seeds, of which there may be none."""
        crossed = self.study.budget(self.budget_name).crossed
        if crossed is None:
            return []
        return [Run(each.recipe, seeds) for each in confirmed if crossed.takes(each.reasons) for seeds in crossed.seeds]

    def _begin(self, purpose: Purpose, runs: Sequence[Run], total: int) -> int:
        """Tell the watcher that a phase begins; return how many of its runs are complete."""
        store, backend = RunStore(self.paths.runs), self.executor.placement.backend
        found = [store.find(run, purpose) for run in runs]
        complete = [record for record in found if record is not None]
        check_backend(complete, backend)
        rungs = self.study.budget(self.budget_name).rungs if purpose == "search" else ()
        done = sum(rungs_reached(store, run, rungs, backend) for run in runs) if rungs else len(complete)
        self.watcher.phase(purpose, done, total)
        return len(complete)

    def _note(self, purpose: Purpose, outcome: Outcome) -> int:
        """Write down that a stack was trained, and return of how many runs it was the end."""
        count = len(outcome.task.runs)
        ended = count if outcome.task.epochs is None else 0
        append_journal(self.paths.journal, self.budget_name, purpose, ended, outcome.seconds)
        self.watcher.trained(count, outcome.seconds)
        return ended

    def _write(self, trials: Sequence[TrialOutcome], confirmed: Sequence[Confirmation], *, finished: bool) -> None:
        course = Course(self.name, self.file, self.study, self.budget_name, trials, confirmed, finished)
        content = course.to_json(self.paths.journal)
        content["first_claims"] = first_claims(self.paths.study, self.budget_name, content["claims"])
        if not finished or not _says(self.paths.study, content):
            write_json(self.paths.study, content)


def _says(path: Path, content: dict[str, Any]) -> bool:
    """Return whether a file says the same, whoever wrote it when."""
    try:
        return bool(read_json(path) | {"provenance": None} == content | {"provenance": None})
    except (OSError, TypeError, InvalidInput):
        return False  # missing or damaged: it is written anew
