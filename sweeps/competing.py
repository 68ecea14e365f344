"""Trials that compete: trained up to a rung, and on from there only if they are among the best of their bracket."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lightning_modules.backend import Backend
from lightning_modules.recipe import Run, Seeds
from sweeps.course import TrialOutcome
from sweeps.objective import mean
from sweeps.ranking import ranked
from sweeps.standing import Standing, standing_of
from sweeps.store import RunStore
from sweeps.study import Study
from sweeps.successive_halving import SuccessiveHalving
from sweeps.trials import OpenTrial

__all__ = ["Bracket", "CompetingTrial"]


@dataclass
class CompetingTrial(OpenTrial):
    """A trial between its proposal and its value that stops at rungs.

    Arguments:
        rungs: after how many epochs each is.
        backend: by which its runs are trained.
        passed: at how many rungs it was among the best.
        lost: whether it was not at the next one.
        standings: of its runs at the next rung, by seed.
    """

    rungs: Sequence[int] = ()
    backend: Backend = "auto"
    passed: int = 0
    lost: bool = False
    standings: dict[int, Standing] = field(default_factory=dict)

    @property
    def until(self) -> int | None:
        return self.rungs[self.passed] if self.passed < len(self.rungs) else None

    @property
    def wanted(self) -> list[Run]:
        known = self.records if self.until is None else self.standings
        return [Run(self.proposal.recipe, Seeds.all(seed)) for seed in self.seeds if seed not in known]

    @property
    def decided(self) -> bool:
        return self.lost or (self.until is None and not self.wanted)

    @property
    def dropped(self) -> bool:
        return self.lost

    @property
    def at_rung(self) -> bool:
        """Whether all of its seeds stand at a rung, and it is not known yet whether it goes on."""
        return not self.lost and self.until is not None and not self.wanted

    def take(self, run: Run, store: RunStore) -> bool:
        if self.until is None:
            return super().take(run, store)
        found = standing_of(store, run, self.until, self.metric, self.backend)
        if found is not None:
            self.standings[run.seeds.init] = found
        return found is not None

    def go_on(self) -> None:
        """Be trained to the next rung, or to the end."""
        self.passed, self.standings = self.passed + 1, {}

    def outcome(self) -> TrialOutcome:
        """Return what came out; of a dropped trial what it was worth at its last rung."""
        return self.standing(dropped=True) if self.lost else super().outcome()

    def standing(self, *, dropped: bool = False) -> TrialOutcome:
        """Return what it is worth at the rung where it stands."""
        found = [self.standings[seed] for seed in self.seeds]
        value, diverged = mean([each.value for each in found]), sum(each.diverged for each in found)
        return TrialOutcome(self.proposal.number, self.proposal.recipe, value, diverged, dropped)


@dataclass
class Bracket:
    """Trials that compete with each other.

    Arguments:
        size: how many will begin.
        halving: says how many go on.
        study: says which are better.
        trials: those that began.
    """

    size: int
    halving: SuccessiveHalving
    study: Study
    trials: list[CompetingTrial] = field(default_factory=list)

    def judge(self) -> list[CompetingTrial]:
        """Let the best go on and drop the others, once all stand at a rung; return those that go on, else none."""
        left = [trial for trial in self.trials if not trial.lost]
        if len(self.trials) < self.size or not all(trial.at_rung for trial in left):
            return []
        best = ranked([trial.standing() for trial in left], self.study)[: self.halving.kept(len(left))]
        numbers = {outcome.number for outcome in best}
        for trial in left:
            if trial.proposal.number in numbers:
                trial.go_on()
            else:
                trial.lost = True
        return [trial for trial in left if not trial.lost]
