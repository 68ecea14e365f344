"""The straight line from where a training began to where it ended."""

import numpy as np
import numpy.typing as npt

from analysis.paths.along import PathValues
from analysis.paths.linear import linear_path
from analysis.run_groups import initial_row, surface_of
from lightning_modules.checks import require_non_negative
from sweeps.record import RunRecord

__all__ = ["highest_rise", "only_falls", "start_to_end"]

Array = npt.NDArray[np.float64]


def start_to_end(record: RunRecord, points: int) -> PathValues:
    """Return what lies between a run's initial weights and its solution on its training set, both ends included.

    Running statistics of batch normalization are estimated anew at every point.

    References:
        | Qualitatively characterizing neural network optimization problems (Goodfellow et al., 2015)
        | https://arxiv.org/abs/1412.6544
    """
    surface, end = surface_of(record)
    return linear_path(surface, initial_row(record, surface), end, points)


def highest_rise(losses: Array) -> float:
    """Return the most that a loss (points,) lies above the lowest that came before it; NaN if one is not finite."""
    if not np.isfinite(losses).all():
        return float("nan")
    return float((losses - np.minimum.accumulate(losses)).max())


def only_falls(losses: Array, tolerance: float) -> bool:
    """Tell whether a loss (points,) never rises by more than a share of its fall from the first point to the last.

    One that is not finite somewhere, or ends no lower than it began, does not only fall.

    Arguments:
        losses: from start to end.
        tolerance: the share.

    Raises:
        InvalidInput: for a tolerance below 0.
    """
    require_non_negative("The tolerance of a fall", tolerance)
    rise, fall = highest_rise(losses), losses[0] - losses[-1]
    return bool(fall > 0 and rise <= tolerance * fall)
