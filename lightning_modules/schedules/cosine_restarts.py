"""Cosine annealing with restarts whose cycles grow."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.schedule import Schedule

__all__ = ["CosineRestarts"]


@dataclass(frozen=True)
class CosineRestarts(Schedule):
    """`cycles` cosine half waves from the full learning rate down, each `growth` times as long as the one before.

    Cycle k of M ends after ``T (gᵏ − 1) / (gᴹ − 1)`` of T steps, rounded, so
    that the last ends with the training whatever its length; a fixed first
    length would cut the last cycle short. For cycles of equal length there is
    `CyclicCosine`.

    Arguments:
        cycles: M, how many cycles, and snapshots.
        growth: g, a whole number of at least 2.

    Raises:
        InvalidInput: for fewer than one cycle, a growth below 2, or a first cycle shorter than an epoch.

    References:
        | SGDR: stochastic gradient descent with warm restarts (Loshchilov and Hutter, 2017)
        | https://arxiv.org/abs/1608.03983
    """

    cycles: int = 3
    growth: int = 2

    def __post_init__(self) -> None:
        require_integer("The cosine restarts' cycles", self.cycles, at_least=1)
        require_integer("The cosine restarts' growth", self.growth, at_least=1)
        if self.growth == 1:
            raise InvalidInput(
                "The cosine restarts' growth is 1: give at least 2, or use CyclicCosine for cycles of equal length."
            )

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        lengths = np.diff((0, *self.cycle_ends(steps)))
        return np.concatenate([Cosine().multipliers(int(length)) for length in lengths])

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        # Rounded half up in whole numbers: exact for any number of steps.
        *_, whole = parts = self._ends_in_first_cycles()
        return tuple((2 * part * steps + whole) // (2 * whole) for part in parts)

    def check(self, epochs: int) -> None:
        needed = self._ends_in_first_cycles()[-1]
        if needed > epochs:
            raise InvalidInput(
                f"{self.cycles} cycles that grow by {self.growth} do not fit into {epochs} epochs: the first needs"
                f" an epoch at least and all together {needed}, so give fewer cycles or more epochs."
            )

    def _ends_in_first_cycles(self) -> list[int]:
        """Return where each cycle ends, in lengths of the first one."""
        return list(itertools.accumulate(self.growth**k for k in range(self.cycles)))
