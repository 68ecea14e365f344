"""The exponential moving average that adaptive optimizers are made of."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["average"]


def average(mean: "Tensor", values: "Tensor", decay: "Tensor") -> None:
    """Update ``m ← β m + (1 − β) x`` in place.

    Arguments:
        mean: m, (runs, parameters).
        values: x, (runs, parameters).
        decay: β of each run, (runs, 1).
    """
    mean.mul_(decay).addcmul_(values, 1 - decay)
