"""Trials under way: proposed recipes whose seeds are being trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lightning_modules.recipe import Run, Seeds
from sweeps.course import TrialOutcome
from sweeps.objective import objective, value_of
from sweeps.racing import Racing
from sweeps.record import RunRecord
from sweeps.search import Proposal
from sweeps.store import RunStore
from sweeps.study import Metric, sign_of

__all__ = ["OpenTrial"]


@dataclass
class OpenTrial:
    """A trial between its proposal and its value.

    Arguments:
        proposal: of the search.
        seeds: its search seeds, in the order in which they are trained.
        metric: what the study optimizes.
        racing: the rule by which it may be dropped, or None.
        rival: the metric of the best recipe trained on all seeds when this one was proposed, by seed, or None.
        records: of its complete runs, by seed.
    """

    proposal: Proposal
    seeds: Sequence[int]
    metric: Metric
    racing: Racing | None = None
    rival: Mapping[int, float] | None = None
    records: dict[int, RunRecord] = field(default_factory=dict)

    @property
    def wanted(self) -> list[Run]:
        """The runs that are to be trained next; none when there is nothing to train, for now or for good."""
        return [Run(self.proposal.recipe, Seeds.all(seed)) for seed in self._block if seed not in self.records]

    @property
    def until(self) -> int | None:
        """Up to how many epochs they are to be trained; None for all."""
        return None

    @property
    def decided(self) -> bool:
        """Whether the trial has its value."""
        return not self.wanted

    @property
    def dropped(self) -> bool:
        """Whether it lost the race before all of its seeds were trained."""
        return not self._block and len(self.records) < len(self.seeds)

    @property
    def values(self) -> dict[int, float]:
        """The metric of each complete run, by seed; that of a diverged run is chance."""
        return {seed: value_of(record, self.metric) for seed, record in self.records.items()}

    def take(self, run: Run, store: RunStore) -> bool:
        """Take what is wanted of a run from the store; return whether it is there."""
        if (record := store.find(run, "search")) is not None:
            self.records[run.seeds.init] = record
        return record is not None

    def outcome(self) -> TrialOutcome:
        """Return what came out; a dropped trial is worth no more than the one that it lost against."""
        records = [self.records[seed] for seed in self.seeds if seed in self.records]
        value, dropped = objective(records, self.metric), self.dropped
        if dropped and self.rival:
            limit = sum(self.rival.values()) / len(self.rival)
            value = min(value, limit) if sign_of(self.metric) > 0 else max(value, limit)
        diverged = sum(record.diverged_step is not None for record in records)
        return TrialOutcome(self.proposal.number, self.proposal.recipe, value, diverged, dropped)

    @property
    def _block(self) -> Sequence[int]:
        """The seeds of the first block that is not complete; none if all are, or the race is lost."""
        size = len(self.seeds) if self.racing is None or self.rival is None else self.racing.block
        for start in range(0, len(self.seeds), size):
            block = self.seeds[start : start + size]
            if any(seed not in self.records for seed in block):
                return block
            if start + size < len(self.seeds) and self._is_lost(self.seeds[: start + size]):
                return ()
        return ()

    def _is_lost(self, seeds: Sequence[int]) -> bool:
        if self.racing is None or self.rival is None:
            return False
        sign, values, rival = sign_of(self.metric), self.values, self.rival
        return self.racing.drops([sign * values[seed] for seed in seeds], [sign * rival[seed] for seed in seeds])
