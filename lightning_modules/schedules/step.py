"""Step decay: the learning rate drops at fixed points of the training."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_inner_fraction
from lightning_modules.errors import InvalidInput
from lightning_modules.schedules.schedule import Schedule

__all__ = ["Step"]


@dataclass(frozen=True)
class Step(Schedule):
    """``factorⁿ`` after n milestones; a milestone m is passed once ``round(m T)`` of T steps have been taken.

    Milestones are fractions of the training, so that one description fits any
    budget: ×0.1 after 30, 60 and 90 of 100 epochs is the default. Drops at
    every n of N epochs are the milestones ``(n / N, 2 n / N, …)``.

    Arguments:
        milestones: where the rate drops, as increasing fractions of the training.
        factor: by how much, above 0 and below 1.

    Raises:
        InvalidInput: for milestones that are not a tuple of increasing fractions, or a factor outside (0, 1).

    References:
        | Deep residual learning for image recognition (He et al., 2016)
        | https://arxiv.org/abs/1512.03385
    """

    milestones: tuple[float, ...] = (0.3, 0.6, 0.9)
    factor: float = 0.1

    def __post_init__(self) -> None:
        if not isinstance(self.milestones, tuple) or not self.milestones:
            raise InvalidInput(
                f"The step schedule's milestones are {self.milestones!r}: give a tuple of fractions of the training,"
                " such as (0.3, 0.6, 0.9), or use Constant for none."
            )
        for milestone in self.milestones:
            require_inner_fraction("One of the step schedule's milestones", milestone)
        if any(first >= second for first, second in itertools.pairwise(self.milestones)):
            raise InvalidInput(
                f"The step schedule's milestones are {self.milestones!r}: give them in increasing order."
            )
        require_inner_fraction("The step schedule's factor", self.factor)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        drops = np.floor(np.array(self.milestones) * steps + 0.5)
        passed = np.searchsorted(drops, np.arange(steps), side="right")
        multipliers: npt.NDArray[np.float64] = self.factor ** passed.astype(np.float64)
        return multipliers

    def is_whole_after(self, taken: int, steps: int) -> bool:
        # Shorter, it is a step schedule with the milestones that lie before, or a constant one.
        return True
