"""How far the loss rises on the way from one solution to another, by both definitions in use."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.errors import InvalidInput

__all__ = ["Barrier", "barrier", "require_path"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Barrier:
    """The height of a barrier, in the unit of what was measured.

    The two agree where both ends are equal; else the second is larger by up
    to half their difference, and is above 0 even on a straight descent.

    Arguments:
        above_line: ``max_λ [L(λ) − (1 − λ) L(0) − λ L(1)]``, never negative; NaN if a value is.
        above_mean: ``max_λ L(λ) − (L(0) + L(1)) / 2``, never negative; NaN if a value is.

    References:
        | The role of permutation invariance in linear mode connectivity of neural networks (Entezari et al., 2022)
        | https://arxiv.org/abs/2110.06296, of `above_line`
        | Linear mode connectivity and the lottery ticket hypothesis (Frankle et al., 2020)
        | https://arxiv.org/abs/1912.05671, of `above_mean`
    """

    above_line: float
    above_mean: float


def barrier(steps: Array, values: Array) -> Barrier:
    """Return the barrier of values along a path.

    Arguments:
        steps: λ, rising from 0 to 1, (points,).
        values: losses or errors, (points,).

    Raises:
        InvalidInput: unless the steps rise from 0 to 1, with a value for each.
    """
    require_path(steps, values)
    # Ends that are infinite leave NaN, which is what their barrier is.
    with np.errstate(invalid="ignore"):
        line = (1 - steps) * values[0] + steps * values[-1]
        above_line, above_mean = np.max(values - line), np.max(values) - (values[0] + values[-1]) / 2
    return Barrier(float(above_line), float(above_mean))


def require_path(steps: Array, values: Array) -> None:
    """Raise `InvalidInput` unless steps (points,) rise from 0 to 1, with values (points,)."""
    if steps.ndim != 1 or len(steps) < 2 or steps[0] != 0 or steps[-1] != 1 or not (np.diff(steps) > 0).all():
        raise InvalidInput("A path's steps must rise from 0 to 1: give both ends, and each point once.")
    if values.shape != steps.shape:
        raise InvalidInput(f"A path of {len(steps)} steps has values of shape {values.shape}: give one a step.")
