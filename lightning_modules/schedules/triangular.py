"""Triangular cycles: the learning rate rises and falls in straight lines."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_fraction, require_integer
from lightning_modules.schedules.cycles import equal_cycle_ends, require_room, triangles
from lightning_modules.schedules.schedule import Schedule

__all__ = ["Triangular"]


@dataclass(frozen=True)
class Triangular(Schedule):
    """``low + (1 − low) (1 − |2 x − 1|)``, where x in [0, 1) is how much of the cycle has passed.

    Each of the M cycles rises from `low` to the full learning rate and falls
    back. Cycle k ends after ``round(k T / M)`` of T steps, one step above `low`.

    Arguments:
        cycles: M, how many cycles, and snapshots.
        low: the multiplier between the cycles.

    Raises:
        InvalidInput: for fewer than one cycle, more cycles than epochs, or a low multiplier outside [0, 1).

    References:
        | Cyclical learning rates for training neural networks (Smith, 2017), policy "triangular"
        | https://arxiv.org/abs/1506.01186
    """

    cycles: int = 5
    low: float = 0.1

    def __post_init__(self) -> None:
        require_integer("The triangular schedule's cycles", self.cycles, at_least=1)
        require_fraction("The triangular schedule's low multiplier", self.low)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        return self.low + (1 - self.low) * triangles(self.cycle_ends(steps))

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        return equal_cycle_ends(steps, self.cycles)

    def check(self, epochs: int) -> None:
        require_room(self.cycles, epochs)
