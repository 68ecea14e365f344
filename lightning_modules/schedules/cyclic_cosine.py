"""Cosine annealing with restarts: a snapshot at the bottom of every cycle."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_integer
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cycles import equal_cycle_ends, require_room
from lightning_modules.schedules.schedule import Schedule

__all__ = ["CyclicCosine"]


@dataclass(frozen=True)
class CyclicCosine(Schedule):
    """`cycles` cosine half waves of equal length, each from the full learning rate down.

    Cycle k of M ends after ``round(k T / M)`` of T steps. The last step of a
    cycle has its lowest rate.

    Arguments:
        cycles: how many cycles, and snapshots.

    Raises:
        InvalidInput: for fewer than one cycle, or more cycles than epochs.

    References:
        | Snapshot ensembles: train 1, get M for free (Huang et al., 2017)
        | https://arxiv.org/abs/1704.00109
    """

    cycles: int = 5

    def __post_init__(self) -> None:
        require_integer("The cyclic cosine's cycles", self.cycles, at_least=1)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        lengths = np.diff((0, *self.cycle_ends(steps)))
        return np.concatenate([Cosine().multipliers(int(length)) for length in lengths])

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        return equal_cycle_ends(steps, self.cycles)

    def check(self, epochs: int) -> None:
        require_room(self.cycles, epochs)
