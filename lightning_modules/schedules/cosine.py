"""Cosine annealing: one half wave from the full learning rate to nothing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.schedules.schedule import Schedule

__all__ = ["Cosine"]


@dataclass(frozen=True)
class Cosine(Schedule):
    """``(1 + cos(π t / T)) / 2`` before step t = 0 … T − 1 of T.

    References:
        | SGDR: stochastic gradient descent with warm restarts (Loshchilov and Hutter, 2017)
        | https://arxiv.org/abs/1608.03983
    """

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        return 0.5 * (1 + np.cos(np.pi * np.arange(steps) / steps))
