"""A learning rate that never changes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.schedules.schedule import Schedule

__all__ = ["Constant"]


@dataclass(frozen=True)
class Constant(Schedule):
    """The multiplier 1 at every step."""

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        return np.ones(steps)

    def is_whole_after(self, taken: int, steps: int) -> bool:
        # Shorter, it is constant still.
        return True
