"""Power of paired comparisons: what n pairs can detect, and how many pairs a difference needs."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from analysis.inference.sign_flip import fewest_pairs
from lightning_modules.checks import require_integer

__all__ = ["detectable_difference", "pairs_needed", "power_of"]

_most_pairs = 10**6


def power_of(effect: float, pairs: int, level: float = 0.05) -> float:
    """Return the chance that a two-sided paired t-test of n pairs finds a difference.

    Arguments:
        effect: the difference divided by the standard deviation of the paired differences.
        pairs: n, two or more.
        level: of the test.

    References:
        | Statistical power analysis for the behavioral sciences (Cohen, 1988), chapter 2
    """
    from scipy.special import chdtri, gammaln, ndtr, stdtrit

    freedom, shift = pairs - 1, abs(effect) * math.sqrt(pairs)
    bound = -float(stdtrit(freedom, level / 2))
    # Over the deviation that is found, in true ones, whose square is χ² / (n − 1). SciPy's noncentral t gives NaN for
    # some of these numbers.
    least, most = (math.sqrt(float(chdtri(freedom, tail)) / freedom) for tail in (1 - 1e-15, 1e-15))
    nodes, weights = _nodes()
    found = least + (most - least) * (nodes + 1) / 2
    density = np.exp(
        freedom / 2 * math.log(freedom / 2)
        - float(gammaln(freedom / 2))
        + math.log(2)
        + (freedom - 1) * np.log(found)
        - freedom * found**2 / 2
    )
    beyond = ndtr(shift - bound * found) + ndtr(-shift - bound * found)
    return float((most - least) / 2 * (weights * density * beyond).sum())


@cache
def _nodes() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return nodes and weights of Gauss and Legendre's quadrature, which take longer than all the rest."""
    return np.polynomial.legendre.leggauss(128)


def pairs_needed(difference: float, deviation: float, level: float = 0.05, power: float = 0.8) -> int | None:
    """Return how many pairs find a difference with a power; None for one that a million would not find, as 0.

    Never fewer than the sign-flip test needs to reach the level at all.

    Arguments:
        difference: to be found.
        deviation: the standard deviation of the paired differences.
        level: of a two-sided test.
        power: the chance to find it.
    """
    if difference == 0:
        return None
    fewest = fewest_pairs(level)
    effect = abs(difference) / deviation if deviation else math.inf
    if math.isinf(effect) or power_of(effect, fewest, level) >= power:
        return fewest
    # Means that differ by nothing but rounding would ask for a number of a hundred digits.
    if power_of(effect, _most_pairs, level) < power:
        return None
    low, high = fewest, 2 * fewest
    while power_of(effect, high, level) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(effect, middle, level) >= power else (middle, high)
    return high


def detectable_difference(deviation: float, pairs: int, level: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest difference that so many pairs find with a power.

    Arguments:
        deviation: the standard deviation of the paired differences.
        pairs: n, two or more.
        level: of a two-sided test.
        power: the chance to find it.

    Raises:
        InvalidInput: for fewer than two pairs.
    """
    require_integer("The number of pairs", pairs, at_least=2)
    from scipy.optimize import brentq

    high = 1.0
    while power_of(high, pairs, level) < power:
        high *= 2
    return deviation * float(brentq(lambda effect: power_of(effect, pairs, level) - power, 0.0, high))
