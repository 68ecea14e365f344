"""One estimate held against a bound: an interval, a p-value, and how many seeds would tell."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.estimate import Estimate, confidence, t_ends
from analysis.inference.binomial import binomial_p, trials_needed
from analysis.inference.power import pairs_needed
from analysis.inference.sign_flip import Alternative, sign_flip
from analysis.inference.wilson import is_share
from sweeps.claim import Direction

__all__ = ["Against", "Side", "against", "seeds_to_decide", "side_of"]

Side = Literal["above", "below", "within", "outside"]


@dataclass(frozen=True)
class Against:
    """What the values say of a bound.

    Arguments:
        p: of the hypothesis that would have to be given up.
        method: how p was found, in words.
        pairs: how many values differ from the bound; None where p is read off the interval.
    """

    p: float
    method: str
    pairs: int | None


def side_of(estimate: Estimate, bound: float, direction: Direction) -> Side | None:
    """Return on which side of a bound the whole interval lies; None if it holds or touches it, or has no ends.

    Between −bound and bound counts the 90 % interval, which belongs to two
    one-sided tests at 5 %; outside of them the 95 % interval.

    Arguments:
        estimate: with its interval.
        bound: to be held against.
        direction: of the claim.
    """
    if estimate.low is None or estimate.high is None:
        return None
    if direction != "within":
        return "above" if estimate.low > bound else "below" if estimate.high < bound else None
    if estimate.low > bound or estimate.high < -bound:
        return "outside"
    low, high = _shorter(estimate)
    return "within" if -bound < low and high < bound else None


def against(estimate: Estimate, bound: float, direction: Direction) -> Against:
    """Return the p-value of an estimate against a bound.

    ``above`` and ``below``: the two-sided sign-flip test of the values less
    the bound, because a claim may be contradicted as well. ``within``: of a
    mean inside, the larger p of the two one-sided tests against −bound and
    bound; of one outside, the two-sided p against the nearer of them. A share
    of trials gets the exact binomial test: what succeeds or fails is not
    symmetric about a bound. An estimate with draws gets the share of them beyond
    the bound, one that keeps neither these nor its values the p that its
    interval implies, Student's.

    Arguments:
        estimate: with an interval.
        bound: to be held against.
        direction: of the claim.

    References:
        | A comparison of the two one-sided tests procedure and the power approach (Schuirmann, 1987)
        | https://doi.org/10.1007/BF01068419
        | Generalized p-values in significance testing of hypotheses in the presence of nuisance parameters (Tsui and
          Weerahandi, 1989)
        | https://doi.org/10.1080/01621459.1989.10478810
    """
    if direction != "within":
        return _test(estimate, bound, "two-sided")
    if abs(estimate.value) >= bound:
        return _test(estimate, math.copysign(bound, estimate.value), "two-sided")
    sides = (_test(estimate, -bound, "greater"), _test(estimate, bound, "less"))
    largest = max(sides, key=lambda each: each.p)
    return Against(largest.p, f"two one-sided tests, {largest.method}", largest.pairs)


def seeds_to_decide(estimate: Estimate, bound: float, direction: Direction, level: float) -> int | None:
    """Return with how many seeds a verdict has a chance of 80 %, if mean and spread are what they look like.

    None where the mean lies on the bound, which no number of seeds tells from it, and of an estimate with draws, which
    is no mean over seeds.

    Arguments:
        estimate: with an interval.
        bound: to be held against.
        direction: of the claim.
        level: that p has to reach before it is corrected.
    """
    if estimate.draws is not None:
        return None
    if is_share(estimate) and direction != "within":
        return trials_needed(estimate.value, bound, level)
    deviation = _error(estimate) * math.sqrt(estimate.n)
    if direction == "within" and abs(estimate.value) < bound:
        # Each of the one-sided tests at the level, that of the far side almost always passed; 0.9 twice makes 0.8.
        both = [pairs_needed(bound - side * estimate.value, deviation, 2 * level, 0.9) for side in (1, -1)]
        return max((each for each in both if each), default=None)
    nearest = math.copysign(bound, estimate.value) if direction == "within" else bound
    return pairs_needed(estimate.value - nearest, deviation, level)


def _test(estimate: Estimate, bound: float, alternative: Alternative) -> Against:
    if estimate.draws is not None:
        # Generalized p-values (Tsui and Weerahandi, 1989): the share of the draws on the other side of the bound.
        lower, upper = (float(np.mean(each)) for each in (estimate.draws >= bound, estimate.draws <= bound))
        least = 1 / len(estimate.draws)
        p = {"two-sided": min(1.0, 2 * min(lower, upper)), "greater": upper, "less": lower}[alternative]
        return Against(max(p, least), f"generalized p-value, {len(estimate.draws):,} draws", None)
    if is_share(estimate):
        return Against(binomial_p(estimate.value, estimate.n, bound, alternative), "exact binomial", None)
    if estimate.values:
        found = sign_flip([value - bound for value in estimate.values], alternative)
        return Against(found.p, found.method, found.pairs)
    from scipy.special import stdtr

    error, away = _error(estimate), estimate.value - bound
    t = away / error if error else math.copysign(math.inf, away) if away else 0.0
    upper = float(stdtr(estimate.n - 1, -t))
    p = {"two-sided": 2 * min(upper, 1 - upper), "greater": upper, "less": 1 - upper}[alternative]
    return Against(p, "Student's t, from the interval", None)


def _shorter(estimate: Estimate) -> tuple[float, float]:
    """Return the 90 % interval."""
    if estimate.draws is not None:
        low, high = np.quantile(estimate.draws, [1 - confidence, confidence])
        return float(low), float(high)
    if estimate.values and estimate.method == "Student's t":
        return t_ends(np.asarray(estimate.values), 2 * confidence - 1)
    from scipy.special import stdtrit

    half = _error(estimate) * float(stdtrit(estimate.n - 1, confidence))
    return estimate.value - half, estimate.value + half


def _error(estimate: Estimate) -> float:
    """Return the mean's standard error, of an interval that may be cut off at one end."""
    from scipy.special import stdtrit

    assert estimate.low is not None
    assert estimate.high is not None
    half = max(estimate.value - estimate.low, estimate.high - estimate.value)
    return half / float(stdtrit(estimate.n - 1, (1 + confidence) / 2))
