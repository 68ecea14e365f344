"""The minimum of the cubic through two points of a line search."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Point", "cubic_minimum"]


class Point(NamedTuple):
    """What is known of the objective at one point of a line.

    Arguments:
        step: how far along the direction.
        loss: there.
        slope: its derivative along the direction.
        gradient: (parameters,).
    """

    step: float
    loss: float
    slope: float
    gradient: "Tensor"


def cubic_minimum(first: Point, second: Point, low: float, high: float) -> float:
    """Return the step in [low, high] at the minimum of the cubic with the losses and slopes of two points.

    Where the cubic has no minimum, it is the middle of the interval; where an
    overflow leaves no number, not a number.

    References:
        | Numerical optimization (Nocedal & Wright, 2006), equation 3.59
        | https://doi.org/10.1007/978-0-387-40065-5
    """
    if first.step > second.step:
        first, second = second, first
    # NumPy's numbers overflow and divide as the processor does, where Python's own would raise.
    with np.errstate(all="ignore"):
        width = np.float64(second.step) - first.step
        mean = first.slope + second.slope - 3 * (second.loss - first.loss) / width
        square = mean * mean - first.slope * second.slope
        if not square >= 0:
            return (low + high) / 2
        root = math.sqrt(square)
        step = second.step - width * ((second.slope + root - mean) / (second.slope - first.slope + 2 * root))
    return float(min(max(step, low), high))
