"""One cycle: the learning rate rises once to its maximum and falls far below where it began."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_fraction, require_inner_fraction
from lightning_modules.schedules.schedule import Schedule

__all__ = ["OneCycle"]


@dataclass(frozen=True)
class OneCycle(Schedule):
    """A cosine half wave from `start` up to 1, then one down to `final`.

    With the peak p = rise · T − 1, counted in steps from 0 and not always
    whole, it is ``1 − (1 − start) (1 + cos(π t / p)) / 2`` before step t ≤ p of
    T, then ``final + (1 − final) (1 + cos(π (t − p) / (T − 1 − p))) / 2``; the
    last step has `final`. This is the learning-rate part of torch's
    ``OneCycleLR`` with ``start = 1 / div_factor`` and
    ``final = 1 / (div_factor · final_div_factor)``. The recipe's learning rate
    is the maximum.

    Arguments:
        rise: the fraction of the steps that the rate rises for.
        start: the first multiplier.
        final: the last multiplier.

    Raises:
        InvalidInput: for a rise outside (0, 1), or a start or final multiplier outside [0, 1).

    References:
        | Super-convergence: very fast training of neural networks using large learning rates (Smith and Topin, 2018)
        | https://arxiv.org/abs/1708.07120
    """

    rise: float = 0.3
    start: float = 0.04
    final: float = 4e-6

    def __post_init__(self) -> None:
        require_inner_fraction("The one-cycle schedule's rise", self.rise)
        require_fraction("The one-cycle schedule's start", self.start)
        require_fraction("The one-cycle schedule's final multiplier", self.final)

    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        peak, t = self.rise * steps - 1, np.arange(steps)
        rising, falling = t[t < peak], t[t >= peak]
        up = _half_wave(self.start, 1.0, rising / peak)
        down = _half_wave(1.0, self.final, (falling - peak) / (steps - 1 - peak))
        return np.concatenate([up, down])


def _half_wave(first: float, last: float, progress: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return a cosine half wave between two multipliers at these fractions of its length."""
    wave: npt.NDArray[np.float64] = 0.5 * (1 + np.cos(np.pi * progress))
    return last + (first - last) * wave
