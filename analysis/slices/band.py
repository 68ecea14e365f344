"""What many lines say together: a middle, and an interval for it at every step."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from analysis.estimate import t_interval
from analysis.inference.median import median_interval
from lightning_modules.errors import InvalidInput

__all__ = ["Band", "Middle", "band"]

Array = npt.NDArray[np.float64]
Middle = Literal["mean", "geometric mean", "median"]

_fewest = 3


@dataclass(frozen=True)
class Band:
    """A middle of several lines with its pointwise 95 % interval.

    The interval is of each step alone: all of a curve lies within it less often.

    Arguments:
        middle: at each step, (points,); NaN where a line is not finite.
        low: the interval's lower end, (points,); NaN where there is none.
        high: its upper end.
        n: how many lines.
        words: what the middle and the interval are, in words.
    """

    middle: Array
    low: Array
    high: Array
    n: int
    words: str


def band(lines: Array, middle: Middle = "geometric mean", over: str = "random directions") -> Band:
    """Return the middle of lines with its interval over them.

    The mean has Student's t-interval; the geometric mean, which a logarithmic
    axis shows as it is, that of the logarithms; the median one between order
    statistics, which needs no normal distribution but six lines at least. With
    fewer lines than three there is no interval: show the lines alone.

    Arguments:
        lines: losses or accuracies, (lines, points); their directions must be independent of each other.
        middle: ``mean``, ``geometric mean`` or ``median``.
        over: what the lines differ by, in words.

    Raises:
        InvalidInput: for no lines, another middle, or a geometric mean of values that are not above 0.

    References:
        | The probable error of a mean (Student, 1908)
        | https://doi.org/10.1093/biomet/6.1.1
        | Order statistics, section 7.1 (David and Nagaraja, 2003)
        | https://doi.org/10.1002/0471722162
    """
    if lines.ndim != 2 or not len(lines):
        raise InvalidInput(f"The lines have shape {lines.shape}: give (lines, points), one line at least.")
    if middle not in get_args(Middle):
        raise InvalidInput(f"The middle is {middle!r}: give 'mean', 'geometric mean' or 'median'.")
    known = np.isfinite(lines).all(axis=0)
    if middle == "geometric mean" and (lines[:, known] <= 0).any():
        raise InvalidInput("Values that are not above 0 have no geometric mean: give middle='mean' or 'median'.")
    found = np.full((3, lines.shape[1]), np.nan)
    for point in np.flatnonzero(known):
        found[:, point] = _interval(lines[:, point], middle)
    n = len(lines)
    kind = {"mean": "t", "geometric mean": "t (of logarithms)", "median": "order-statistic"}[middle]
    enough = n >= _fewest and not (middle == "median" and median_interval(lines[:, 0]) is None)
    interval = f"pointwise 95 % {kind} interval" if enough else "too few for an interval"
    return Band(found[0], found[1], found[2], n, f"{middle} of {n} {over}, {interval}")


def _interval(values: Array, middle: Middle) -> tuple[float, float, float]:
    if middle == "median":
        low, high = median_interval(values) or (np.nan, np.nan)
        return float(np.median(values)), low, high
    sample = np.log(values) if middle == "geometric mean" else values
    found = t_interval(sample.tolist(), middle, "lines", "target")
    enough = len(values) >= _fewest and found.low is not None and found.high is not None
    three = np.array([found.value, found.low if enough else np.nan, found.high if enough else np.nan], dtype=np.float64)
    if middle == "geometric mean":
        # An interval of logarithms that wide has no upper end that one could show.
        with np.errstate(over="ignore"):
            three = np.exp(three)
    return float(three[0]), float(three[1]), float(three[2])
