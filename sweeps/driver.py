"""The driver: it alone talks to the search, hands stacks to an executor, and writes down the course of a study."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.stack_data import load
from sweeps.course import Confirmation, Course, TrialOutcome, append_journal
from sweeps.executors.executor import Executor, Outcome
from sweeps.files import read_json, write_json
from sweeps.groups import group_of
from sweeps.objective import objective
from sweeps.paths import StudyPaths
from sweeps.preview import preview
from sweeps.record import Purpose, RunRecord
from sweeps.search import Proposal, Search
from sweeps.store import RunStore
from sweeps.study import Study, sign_of
from sweeps.tracker import Tracker
from sweeps.training import train
from sweeps.watcher import Watcher

__all__ = ["Driver", "confirmations"]

# Trials proposed before any of them is told: enough for their seeds to fill the workers, few enough to learn from.
_trials_at_once = 8


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
    """

    name: str
    file: Path
    study: Study
    budget_name: str
    paths: StudyPaths
    executor: Executor
    tracker: Tracker
    watcher: Watcher

    def run(self) -> int:
        """Search, then confirm the winners; return how many runs were trained now, 0 if the study was complete.

        Raises:
            InvalidInput: if the study cannot be run.
        """
        budget = self.study.budget(self.budget_name)
        middle = preview(self.study, self.budget_name)
        middle.loss.check(load(middle.data))
        trials, searched = self._search()
        confirmed = confirmations(trials, self.study, budget.winners)
        trained = searched + self._confirm(trials, confirmed)
        self._write(trials, confirmed, finished=True)
        self.watcher.finished(trained)
        return trained

    def _search(self) -> tuple[list[TrialOutcome], int]:
        budget = self.study.budget(self.budget_name)
        search = Search(self.study, self.budget_name, self.paths.search)
        proposals = search.proposals()[: budget.trials]
        self._begin("search", [proposal.recipe for proposal in proposals], budget.trials * len(budget.search_seeds))
        trials: list[TrialOutcome] = []
        trained = 0
        while len(trials) < budget.trials:
            # Batches begin at multiples of their size, so that a search that was killed while it asked or told
            # goes on as if it had not been.
            stop = min(len(trials) + _trials_at_once, budget.trials)
            while len(proposals) < stop:
                proposals.append(search.ask())
            batch = proposals[len(trials) : stop]
            for proposal in batch:
                self._check(proposal, proposals[0])
            outcomes, count = self._try(batch)
            for proposal, outcome in zip(batch, outcomes, strict=True):
                if proposal.value is None:
                    search.tell(proposal.number, outcome.value)
            trials += outcomes
            trained += count
            best = ranked(trials, self.study)[0]
            if best in outcomes:
                self.watcher.best(best.value, best.recipe)
            if count:
                self._write(trials, [], finished=False)
        return trials, trained

    def _check(self, proposal: Proposal, first: Proposal) -> None:
        """Refuse a recipe that cannot be judged, grouped or compared, before it is trained."""
        self.study.check(proposal.recipe)
        for field in self.study.group_by:
            group_of(proposal.recipe, field)
        task, before = proposal.recipe.loss.task, first.recipe.loss.task
        if task != before:
            raise InvalidInput(
                f"Trial {proposal.number} is for {task} and trial {first.number} for {before}, which have no score in"
                " common: make two studies of them."
            )

    def _try(self, batch: Sequence[Proposal]) -> tuple[list[TrialOutcome], int]:
        """Train the recipes of a batch on all search seeds; return their values and how many runs were trained."""
        records, trained = self._train(self._runs([proposal.recipe for proposal in batch], "search"), "search")
        outcomes = []
        seeds = len(records) // len(batch)
        for index, proposal in enumerate(batch):
            own = records[index * seeds : (index + 1) * seeds]
            value = objective(own, self.study.metric)
            diverged = sum(record.diverged_step is not None for record in own)
            self.tracker.search_trial(proposal.number, own, value)
            outcomes.append(TrialOutcome(proposal.number, proposal.recipe, value, diverged))
        return outcomes, trained

    def _confirm(self, trials: Sequence[TrialOutcome], confirmed: Sequence[Confirmation]) -> int:
        """Train the recipes to be confirmed on the report seeds; return how many runs were trained."""
        reasons = {each.recipe: each.reasons for each in confirmed}
        runs = self._runs(reasons, "confirm")
        if self._begin("confirm", reasons, len(runs)) < len(runs):
            self._write(trials, confirmed, finished=False)
        records, trained = self._train(runs, "confirm")
        for record in records:
            self.tracker.confirmed_run(record, reasons[record.recipe])
        return trained

    def _runs(self, recipes: Iterable[Recipe], purpose: Purpose) -> list[Run]:
        """Return every recipe on every seed of a phase, the seeds of a recipe together."""
        budget = self.study.budget(self.budget_name)
        seeds = budget.search_seeds if purpose == "search" else budget.report_seeds
        return [Run(recipe, Seeds.all(seed)) for recipe in recipes for seed in seeds]

    def _begin(self, purpose: Purpose, recipes: Iterable[Recipe], total: int) -> int:
        """Tell the watcher that a phase begins; return how many runs of these recipes are complete."""
        store = RunStore(self.paths.runs)
        done = sum(store.find(run, purpose) is not None for run in self._runs(recipes, purpose))
        self.watcher.phase(purpose, done, total)
        return done

    def _train(self, runs: Sequence[Run], purpose: Purpose) -> tuple[list[RunRecord], int]:
        trained = 0

        def note(outcome: Outcome) -> None:
            nonlocal trained
            count = len(outcome.task.runs)
            trained += count
            append_journal(self.paths.journal, self.budget_name, purpose, count, outcome.seconds)
            self.watcher.trained(count, outcome.seconds)

        return train(runs, purpose, RunStore(self.paths.runs), self.executor, note), trained

    def _write(self, trials: Sequence[TrialOutcome], confirmed: Sequence[Confirmation], *, finished: bool) -> None:
        course = Course(self.name, self.file, self.study, self.budget_name, trials, confirmed, finished)
        content = course.to_json(self.paths.journal)
        if not _says(self.paths.study, content):
            write_json(self.paths.study, content)


def _says(path: Path, content: dict[str, Any]) -> bool:
    """Return whether a file says the same, whoever wrote it when."""
    try:
        return bool(read_json(path) | {"provenance": None} == content | {"provenance": None})
    except (OSError, TypeError, InvalidInput):
        return False  # missing or damaged: it is written anew


def ranked(trials: Iterable[TrialOutcome], study: Study) -> list[TrialOutcome]:
    """Return the trials from best to worst; of equals the one that diverged less is the better, then the earlier."""
    sign = sign_of(study.metric)
    return sorted(trials, key=lambda trial: (-sign * trial.value, trial.diverged_seeds, trial.number))


def confirmations(trials: Iterable[TrialOutcome], study: Study, winners: int) -> list[Confirmation]:
    """Return the recipes to confirm: the best overall and the best of every group, each once, with all its reasons.

    Arguments:
        trials: of the whole search.
        study: says how to rank and to group.
        winners: how many of the best overall.
    """
    reasons: dict[Recipe, list[str]] = {}
    order = ranked(trials, study)
    distinct = list(dict.fromkeys(trial.recipe for trial in order))
    for rank, recipe in enumerate(distinct[:winners], start=1):
        reasons.setdefault(recipe, []).append(f"winner {rank}")
    for field in study.group_by:
        seen = set()
        for recipe in distinct:
            group = group_of(recipe, field)
            if group not in seen:
                seen.add(group)
                reasons.setdefault(recipe, []).append(group)
    return [Confirmation(recipe, tuple(each)) for recipe, each in reasons.items()]
