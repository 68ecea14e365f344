"""Exponential decay: the same factor at every step."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_inner_fraction
from lightning_modules.schedules.schedule import Schedule

__all__ = ["Exponential"]


@dataclass(frozen=True)
class Exponential(Schedule):
    """``final^(t / T)`` before step t = 0 … T − 1 of T: a straight line on a logarithmic axis.

    The decay is described by where it leads, not by its factor for one step
    (``final^(1 / T)``), so that one description fits any budget.

    Arguments:
        final: the multiplier after the last step, above 0 and below 1.

    Raises:
        InvalidInput: for a final multiplier outside (0, 1).
    """

    final: float = 0.01

    def __post_init__(self) -> None:
        require_inner_fraction("The exponential schedule's final multiplier", self.final)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        multipliers: npt.NDArray[np.float64] = self.final ** (np.arange(steps) / steps)
        return multipliers

    def is_whole_after(self, taken: int, steps: int) -> bool:
        # Shorter, it is an exponential schedule that leads to final^(taken / steps), by the same factor for a step.
        return True
