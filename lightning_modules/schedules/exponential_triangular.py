"""Triangular cycles under an exponential decay."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_fraction, require_inner_fraction, require_integer
from lightning_modules.schedules.cycles import equal_cycle_ends, require_room, triangles
from lightning_modules.schedules.exponential import Exponential
from lightning_modules.schedules.schedule import Schedule

__all__ = ["ExponentialTriangular"]


@dataclass(frozen=True)
class ExponentialTriangular(Schedule):
    """``low + (1 − low) final^(t / T) (1 − |2 x − 1|)`` before step t of T, at x in [0, 1) of its cycle.

    The height decays at every step, as in `Exponential`; the cycles are those of `Triangular`.

    Arguments:
        cycles: how many cycles, and snapshots.
        low: the multiplier between the cycles.
        final: the factor on the height after the last step, above 0 and below 1.

    Raises:
        InvalidInput: for fewer than one cycle, more cycles than epochs, a low multiplier outside [0, 1),
            or a final factor outside (0, 1).

    References:
        | Cyclical learning rates for training neural networks (Smith, 2017), policy "exp_range"
        | https://arxiv.org/abs/1506.01186
    """

    cycles: int = 5
    low: float = 0.1
    final: float = 0.01

    def __post_init__(self) -> None:
        require_integer("The exponential triangular schedule's cycles", self.cycles, at_least=1)
        require_fraction("The exponential triangular schedule's low multiplier", self.low)
        require_inner_fraction("The exponential triangular schedule's final factor", self.final)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        heights = Exponential(self.final).multipliers(steps)
        return self.low + (1 - self.low) * heights * triangles(self.cycle_ends(steps))

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        return equal_cycle_ends(steps, self.cycles)

    def check(self, epochs: int) -> None:
        require_room(self.cycles, epochs)
