"""Linear warm-up before any other schedule."""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_inner_fraction
from lightning_modules.errors import InvalidInput
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.schedule import Schedule

__all__ = ["Warmup"]


@dataclass(frozen=True)
class Warmup(Schedule):
    """``m₀ (t + 1) / (W + 1)`` before step t < W, then another schedule over the steps that are left.

    The warm-up takes ``W = round(fraction · T)`` of T steps, and never all of
    them. It leads in equal rises to the first multiplier m₀ of the schedule
    that follows, 1 for most, and no step of it has the rate 0. It belongs to
    the first cycle.

    Arguments:
        schedule: what follows; its cycles end where they would in a training without the warm-up's steps, plus W.
        fraction: of the training that is warm-up, above 0 and below 1.

    Raises:
        InvalidInput: for a fraction outside (0, 1), a schedule that is none, or one that does not fit into the
            epochs after the warm-up.

    References:
        | Accurate, large minibatch SGD: training ImageNet in 1 hour (Goyal et al., 2017)
        | https://arxiv.org/abs/1706.02677
    """

    schedule: Schedule = field(default_factory=Cosine)
    fraction: float = 0.1

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, Schedule):
            raise InvalidInput(f"The warm-up's schedule is {self.schedule!r}: give a schedule, such as Cosine().")
        require_inner_fraction("The warm-up's fraction", self.fraction)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        warm = self._warm_steps(steps)
        rest = self.schedule.multipliers(steps - warm)
        return np.concatenate([rest[0] * np.arange(1, warm + 1) / (warm + 1), rest])

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        warm = self._warm_steps(steps)
        return tuple(warm + end for end in self.schedule.cycle_ends(steps - warm))

    def is_whole_after(self, taken: int, steps: int) -> bool:
        # Shorter, it is a longer warm-up before less of the schedule; the warm-up alone is none.
        warm = self._warm_steps(steps)
        return taken > warm and self.schedule.is_whole_after(taken - warm, steps - warm)

    def check(self, epochs: int) -> None:
        # Rounded, because 0.07 · 100 is a little more than 7 in binary.
        left = epochs - math.ceil(round(self.fraction * epochs, 9))
        try:
            self.schedule.check(left)
        except InvalidInput as error:
            raise InvalidInput(f"The warm-up leaves {left} whole epochs of {epochs}: {error}") from error

    def _warm_steps(self, steps: int) -> int:
        return min(math.floor(self.fraction * steps + 0.5), steps - 1)
