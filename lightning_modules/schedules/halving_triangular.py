"""Triangular cycles whose height halves from one to the next."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_fraction, require_integer
from lightning_modules.schedules.cycles import equal_cycle_ends, require_room, triangles
from lightning_modules.schedules.schedule import Schedule

__all__ = ["HalvingTriangular"]


@dataclass(frozen=True)
class HalvingTriangular(Schedule):
    """``low + (1 − low) 2⁻ᵏ (1 − |2 x − 1|)``, where x in [0, 1) is how much of cycle k = 0, 1, … has passed.

    Only the first cycle reaches the full learning rate; the cycles are those of `Triangular`.

    Arguments:
        cycles: how many cycles, and snapshots.
        low: the multiplier between the cycles.

    Raises:
        InvalidInput: for fewer than one cycle, more cycles than epochs, or a low multiplier outside [0, 1).

    References:
        | Cyclical learning rates for training neural networks (Smith, 2017), policy "triangular2"
        | https://arxiv.org/abs/1506.01186
    """

    cycles: int = 5
    low: float = 0.1

    def __post_init__(self) -> None:
        require_integer("The halving triangular schedule's cycles", self.cycles, at_least=1)
        require_fraction("The halving triangular schedule's low multiplier", self.low)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        ends = self.cycle_ends(steps)
        heights = np.repeat(np.exp2(-np.arange(self.cycles)), np.diff((0, *ends)))
        return self.low + (1 - self.low) * heights * triangles(ends)

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        return equal_cycle_ends(steps, self.cycles)

    def check(self, epochs: int) -> None:
        require_room(self.cycles, epochs)
