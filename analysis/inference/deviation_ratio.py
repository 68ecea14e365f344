"""How much more one group's values vary than another's."""

import math
from collections.abc import Mapping

import numpy as np

from analysis.estimate import Estimate, confidence

__all__ = ["log_deviation_ratio"]

_fewest = 4


def log_deviation_ratio(first: Mapping[int, float], second: Mapping[int, float], name: str) -> Estimate:
    """Return ``ln(s₁ / s₂)`` of the standard deviations over common seeds, with a 95 % interval from the jackknife.

    Seeds are left out in turn from both groups at once, since the same split
    and order make values alike; Student's t has one degree of freedom fewer than
    seeds. 0 says that both vary alike.

    Arguments:
        first: values by seed.
        second: values by seed.
        name: of the estimate.

    Returns:
        The estimate; without an interval below four common seeds, NaN where a group does not vary at all.

    References:
        | The jackknife estimate of variance (Efron and Stein, 1981)
        | https://doi.org/10.1214/aos/1176345462
    """
    seeds = [each for each in first if each in second and math.isfinite(first[each]) and math.isfinite(second[each])]
    count = len(seeds)
    over = f"{count} seeds that both have, jackknifed"
    pairs = np.array([[first[seed], second[seed]] for seed in seeds]).reshape(-1, 2)
    value = _log_ratio(pairs)
    if count < _fewest or not math.isfinite(value):
        return Estimate(name, value, None, None, count, over, "number", "jackknife over seeds")
    left = np.array([_log_ratio(np.delete(pairs, place, axis=0)) for place in range(count)])
    if not np.isfinite(left).all():
        return Estimate(name, value, None, None, count, over, "number", "jackknife over seeds")
    from scipy.special import stdtrit

    error = math.sqrt((count - 1) / count * float(np.square(left - left.mean()).sum()))
    half = float(stdtrit(count - 1, (1 + confidence) / 2)) * error
    return Estimate(name, value, value - half, value + half, count, over, "number", "jackknife over seeds")


def _log_ratio(pairs: np.ndarray) -> float:
    if len(pairs) < 2:
        return math.nan
    deviations = pairs.std(axis=0, ddof=1)
    return float(np.log(deviations[0] / deviations[1])) if (deviations > 0).all() else math.nan
