"""Shares: how many of n went one way, with Wilson's interval."""

import math

from analysis.estimate import Estimate, confidence
from lightning_modules.errors import InvalidInput

__all__ = ["is_share", "wilson_interval"]

_method = "Wilson"


def wilson_interval(successes: float, trials: int, name: str, over: str, counted: str = "seed") -> Estimate:
    """Return the share of independent trials that succeed, with Wilson's 95 % score interval.

    The interval never leaves [0, 1] and has a width at 0 and at n of n, where
    the normal one has none. A tie counts as half a success; the spread of such
    a share is smaller than the binomial one, so its interval is conservative.

    Arguments:
        successes: how many, halves for ties.
        trials: of how many.
        name: of the estimate.
        over: what the interval is over, in words.
        counted: what a trial is, one of them.

    Raises:
        InvalidInput: without trials, or for successes that are not among them.

    References:
        | Probable inference, the law of succession, and statistical inference (Wilson, 1927)
        | https://doi.org/10.1080/01621459.1927.10502953
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise InvalidInput(f"The estimate {name} has {successes} successes of {trials} trials: give 0 to n of n ≥ 1.")
    from scipy.special import ndtri

    z = float(ndtri((1 + confidence) / 2))
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    # At the ends the exact value is 0 or 1, which rounding must not miss.
    low = 0.0 if successes == 0 else max(middle - half, 0.0)
    high = 1.0 if successes == trials else min(middle + half, 1.0)
    return Estimate(name, share, low, high, trials, over, "fraction", _method, counted)


def is_share(estimate: Estimate) -> bool:
    """Return whether an estimate is a share of independent trials, with Wilson's interval."""
    return estimate.method == _method
