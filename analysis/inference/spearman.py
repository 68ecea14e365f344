"""Spearman's rank correlation."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.errors import InvalidInput

__all__ = ["fewest", "spearman"]

fewest = 3
"""Pairs below which there is no correlation."""


def spearman(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float:
    """Return Spearman's rank correlation of two rows of numbers, equal ones with their mean rank.

    Returns:
        NaN with fewer than `fewest` numbers, if one is not finite, or if all of a row are equal.

    Raises:
        InvalidInput: unless there are as many of both.

    References:
        | The proof and measurement of association between two things (Spearman, 1904)
        | https://doi.org/10.2307/1412159
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise InvalidInput(f"Rows of shapes {first.shape} and {second.shape} do not correlate: give pairs of numbers.")
    if len(first) < fewest or not np.isfinite([first, second]).all() or not (np.ptp(first) and np.ptp(second)):
        return math.nan
    from scipy.stats import rankdata

    # Around their mean, so that equal orders give 1 and not a little less.
    ranks = [rankdata(each) - (len(first) + 1) / 2 for each in (first, second)]
    product = float(ranks[0] @ ranks[1]) / math.sqrt(float(ranks[0] @ ranks[0]) * float(ranks[1] @ ranks[1]))
    return min(max(product, -1.0), 1.0)
