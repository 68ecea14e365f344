"""The variance components as estimates that a claim can name."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analysis.estimate import Estimate, Unit, confidence
from analysis.inference.components import Components
from analysis.shown import shown
from lightning_modules.score import Score

__all__ = ["component_estimates"]

Array = npt.NDArray[np.float64]

_tails = ((1 - confidence) / 2, (1 + confidence) / 2)


def component_estimates(found: Components, score: Score, key: str = "") -> Iterator[Estimate]:
    """Yield the estimates of a crossed design, each with the draws that its interval is the quantiles of.

    ``sd[init]``: the standard deviation that a stream of randomness causes in
    the test score, ``sd[init × order]`` what two do together beyond each alone.
    ``variance_share[init]``: its part of the sum of all variances, each of
    them 0 where it is estimated below. Of accuracies also ``binomial_sd``, what
    the draw of the test examples alone would cause, ``√(p (1 − p) / N)``, and
    ``sd_over_binomial[init]``, the ratio of the two.

    Arguments:
        found: the components.
        score: that they are of.
        key: of the group whose they are, which follows in the brackets: ``sd[init, schedule=cosine]``; empty for the
            best recipe.

    References:
        | Generalized confidence intervals (Weerahandi, 1993), https://doi.org/10.1080/01621459.1993.10476355
    """
    runs = " × ".join(f"{levels} {name}" for name, levels in zip(found.factors, found.values.shape, strict=True))
    over, unit = f"{runs} crossed seeds, {found.values.size} runs", shown(score).unit
    deviations = [np.sqrt(np.maximum(each.draws, 0.0)) for each in found.components]
    names = [f"{each.name}, {key}" if key else each.name for each in found.components]
    for name, each, draws in zip(names, found.components, deviations, strict=True):
        yield _estimate(f"sd[{name}]", each.deviation, draws, found, over, unit)
    total = math.fsum(each.deviation**2 for each in found.components)
    drawn = np.square(np.stack(deviations))
    sums = drawn.sum(axis=0)
    if total > 0 and (sums > 0).all():
        for name, each, draws in zip(names, found.components, drawn / sums, strict=True):
            yield _estimate(f"variance_share[{name}]", each.deviation**2 / total, draws, found, over, "fraction")
    if found.floor:
        yield _binomial(found, found.floor, f"binomial_sd[{key}]" if key else "binomial_sd")
        for name, each, draws in zip(names, found.components, deviations, strict=True):
            ratio = f"sd_over_binomial[{name}]"
            yield _estimate(ratio, each.deviation / found.floor, draws / found.floor, found, over, "target")


def _binomial(found: Components, floor: float, name: str) -> Estimate:
    """Return the floor, whose interval is over draws of the share that is right, Jeffreys' for one test set."""
    right = found.mean
    examples = round(right * (1 - right) / floor**2)
    generator = np.random.default_rng(0)
    shares = generator.beta(right * examples + 0.5, (1 - right) * examples + 0.5, size=len(found.components[0].draws))
    draws = np.sqrt(shares * (1 - shares) / examples)
    low, high = (float(end) for end in np.quantile(draws, _tails))
    over = f"{examples} test examples"
    return Estimate(name, floor, low, high, examples, over, "fraction", "Jeffreys", "test example", draws=draws)


def _estimate(name: str, value: float, draws: Array, found: Components, over: str, unit: Unit) -> Estimate:
    low, high = (float(end) for end in np.quantile(draws, _tails))
    size = found.values.size
    return Estimate(name, value, low, high, size, over, unit, "generalized interval", "run", draws=draws)
