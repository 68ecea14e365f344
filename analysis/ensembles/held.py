"""What a store holds of a confirmed run: its snapshots, and its companions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.ensembles.networks import Predictor, Weights
from analysis.ensembles.unfamiliar import Unfamiliar
from analysis.results import ConfirmedRecipe
from lightning_modules.recipe import Recipe, Run
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.short_cycles import ShortCycles
from sweeps.companions import full_companions, short_companions
from sweeps.record import RunRecord
from sweeps.store import RunStore

__all__ = ["HeldRun", "Regime", "held_runs", "regime_of"]

Regime = Literal["annealed", "constant", "cycling", "short cycles"]
"""How the learning rate goes, as far as it decides what can be made of a run's snapshots."""


@dataclass(frozen=True)
class HeldRun:
    """One report run with what a store holds of it; arrays are read when they are first asked for.

    What predicts, a network or an ensemble, predicts all `parts` and then all
    that is unfamiliar, one after another; `places` tells where each is.

    Arguments:
        record: of the run, which did not diverge.
        full: of its companions of all epochs, those that are complete.
        short: of its companions of a part of the epochs.
        parts: of its data that are predicted.
        unfamiliar: inputs that are predicted besides.
    """

    record: RunRecord
    full: tuple[RunRecord, ...] = ()
    short: tuple[RunRecord, ...] = ()
    parts: tuple[str, ...] = ("test",)
    unfamiliar: tuple[Unfamiliar, ...] = ()

    @property
    def recipe(self) -> Recipe:
        """The run's recipe."""
        return self.record.recipe

    @cached_property
    def predictions(self) -> npt.NDArray[Any]:
        """What each snapshot predicts, (snapshots, examples, k)."""
        kept = [self._arrays[part] for part in self.parts]
        if self.unfamiliar:
            kept.append(self.predictor.predict(self.predictor.networks(self.weights), len(self.parts)))
        return np.concatenate(kept, axis=1)

    def last_of(self, companion: RunRecord) -> npt.NDArray[Any]:
        """Return what the last snapshot of a companion predicts, (examples, k); NaN if it diverged."""
        if companion.diverged_step is not None:
            return np.full_like(self.predictions[-1], np.nan)
        arrays = companion.predictions()
        kept = [arrays[part][-1] for part in self.parts]
        if self.unfamiliar:
            last = self.predictor.networks(companion.snapshots()[-1:])
            kept.append(self.predictor.predict(last, len(self.parts))[0])
        return np.concatenate(kept)

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where the examples of each part are, and of what is unfamiliar, by its kind."""
        sizes = {part: len(self.targets(part)) for part in self.parts}
        sizes |= {each.kind: len(inputs) for each, inputs in zip(self.unfamiliar, self._others, strict=True)}
        ends = np.cumsum([0, *sizes.values()])
        return {name: slice(ends[place], ends[place + 1]) for place, name in enumerate(sizes)}

    def targets(self, part: str = "test") -> npt.NDArray[Any]:
        """Return the true ones of a part, (examples, …)."""
        return self._arrays[f"{part}_targets"]

    @cached_property
    def weights(self) -> list[Weights]:
        """Each snapshot's parameters and buffers."""
        return [dict(each) for each in self.record.snapshots()]

    @cached_property
    def predictor(self) -> Predictor:
        """Evaluates other networks on the same examples."""
        return Predictor(self.record.run, self.parts, self._others)

    @property
    def at_cycle_ends(self) -> list[int]:
        """The places of the snapshots at the ends of the schedule's cycles, and of the last one."""
        steps, ends = self.record.snapshot_steps, {*self.recipe.schedule.cycle_ends(self.record.steps)}
        return [place for place, step in enumerate(steps) if step in ends or place == len(steps) - 1]

    @cached_property
    def network_bytes(self) -> int:
        """Bytes of one snapshot's parameters and buffers."""
        return sum(int(value.nbytes) for value in self.weights[-1].values())

    @cached_property
    def parameter_bytes(self) -> int:
        """Bytes of one snapshot's trained parameters."""
        network = self.predictor.networks(self.weights[-1:])
        return network.rows.numel() * network.rows.element_size()

    @cached_property
    def _others(self) -> list[npt.NDArray[Any]]:
        return [each.inputs(self.record.run) for each in self.unfamiliar]

    @cached_property
    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return self.record.predictions()


def regime_of(recipe: Recipe) -> Regime:
    """Return the regime of a recipe's learning rate."""
    if isinstance(recipe.schedule, ShortCycles):
        return "short cycles"
    if isinstance(recipe.schedule, Constant):
        return "constant"
    return "cycling" if len(recipe.schedule.cycle_ends(100 * recipe.epochs)) > 1 else "annealed"


def held_runs(confirmed: ConfirmedRecipe, store: RunStore, members: int) -> dict[int, HeldRun | None]:
    """Return what is held of each report run by its seed; None for one that diverged.

    Arguments:
        confirmed: a recipe with its runs.
        store: that holds them.
        members: the networks of an independent ensemble in the study's budget.
    """
    recipe = confirmed.recipe

    def found(runs: tuple[Run, ...]) -> tuple[RunRecord, ...]:
        records = (store.find(run, "confirm") for run in runs)
        return tuple(record for record in records if record is not None)

    return {
        seed: None
        if record.diverged_step is not None
        else HeldRun(
            record, found(full_companions(recipe, seed, members)), found(short_companions(recipe, seed, members))
        )
        for seed, record in confirmed.records.items()
    }
