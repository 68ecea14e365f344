"""Decay with the square root of time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.schedules.schedule import Schedule

__all__ = ["InverseSquareRoot"]


@dataclass(frozen=True)
class InverseSquareRoot(Schedule):
    """``1 / √(t + 1)`` before step t = 0, 1, …, whatever the length of the training.

    It is often printed as ``1 / √t``, which has no value before the first step; counted from 1 they are the same.

    References:
        | Robust stochastic approximation approach to stochastic programming (Nemirovski et al., 2009)
        | https://doi.org/10.1137/070704277
    """

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        return 1 / np.sqrt(np.arange(1, steps + 1))

    def is_whole_after(self, taken: int, steps: int) -> bool:
        # The multipliers do not know how long the training is.
        return True
