"""The median's interval between order statistics, which needs no distribution."""

from functools import cache

import numpy as np
import numpy.typing as npt

from analysis.estimate import confidence

__all__ = ["median_interval"]


def median_interval(values: npt.NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the order statistics between which the median lies with 95 % at least; None for fewer than six values.

    Arguments:
        values: (values,); infinite ones are in their place, NaN is not meant to be among them.

    References:
        | Order statistics, section 7.1 (David and Nagaraja, 2003)
        | https://doi.org/10.1002/0471722162
    """
    place, ordered = _place(len(values)), np.sort(values)
    return None if place is None else (float(ordered[place]), float(ordered[-1 - place]))


@cache
def _place(count: int) -> int | None:
    """Return the place, from 0, of the lower end among ordered values; None for too few."""
    from scipy.stats import binom

    # The median is below the value at place k with chance P(B ≤ k), B ~ binomial(n, 1/2), and as often above its peer.
    places = [k for k in range(count // 2) if 2 * binom.cdf(k, count, 0.5) <= 1 - confidence]
    return places[-1] if places else None
