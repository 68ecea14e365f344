"""Linear decay to nothing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.schedules.schedule import Schedule

__all__ = ["Linear"]


@dataclass(frozen=True)
class Linear(Schedule):
    """``1 − t / T`` before step t = 0 … T − 1 of T.

    It is 0 at t = T, when no step is left to take: the last step still has the multiplier 1 / T.
    """

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        return 1 - np.arange(steps) / steps
