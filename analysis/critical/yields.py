"""Shares and rank correlations with intervals, for what searches found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.inference.spearman import spearman
from analysis.inference.wilson import wilson_interval
from lightning_modules.randomness import stream

__all__ = ["RankCorrelation", "Yield", "rank_correlation"]

Array = npt.NDArray[np.float64]

_confidence = 0.95
_fewest = 5


@dataclass(frozen=True)
class Yield:
    """How many of the searches found a critical point.

    Arguments:
        found: of them.
        tried: searches.
    """

    found: int
    tried: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share, as if searches were independent; without searches (0, 1)."""
        if not self.tried:
            return 0.0, 1.0
        found = wilson_interval(self.found, self.tried, "yield", "searches")
        assert found.low is not None
        assert found.high is not None
        return found.low, found.high

    def __str__(self) -> str:
        if not self.tried:
            return "0 of 0"
        low, high = self.interval
        share = 100 * self.found / self.tried
        return f"{self.found} of {self.tried} ({share:.0f} % [{100 * low:.0f}, {100 * high:.0f}])"

    def to_json(self) -> dict[str, Any]:
        """Return the counts and the interval as JSON data."""
        low, high = self.interval
        return {"found": self.found, "tried": self.tried, "low": low, "high": high}


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rank correlation, with a bootstrap interval over clusters.

    Arguments:
        value: ρ.
        low: lower end of the 95 % interval.
        high: its upper end.
        n: pairs.
        clusters: that were drawn with replacement, whole.
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int

    def __str__(self) -> str:
        ends = f"{self.value:+.2f} [{self.low:+.2f}, {self.high:+.2f}]".replace("-", "−")
        return f"{ends} (n = {self.n} in {self.clusters} clusters)"

    def to_json(self) -> dict[str, Any]:
        """Return the correlation as JSON data."""
        return dict(vars(self))


def rank_correlation(
    first: Array, second: Array, clusters: Sequence[int], *, draws: int = 2000, seed: int = 0
) -> RankCorrelation | None:
    """Return Spearman's ρ of two variables, None where it cannot be told.

    Searches from around one point are alike, and so whole clusters are drawn
    with replacement; the interval is that of the percentiles. Draws in which a
    variable is constant have no ρ and are left out.

    Arguments:
        first: (pairs,).
        second: (pairs,).
        clusters: to which each pair belongs.
        draws: of the bootstrap.
        seed: of the bootstrap.

    Returns:
        None for fewer than five pairs or clusters, or where a variable is constant.

    References:
        | The proof and measurement of association between two things (Spearman, 1904)
        | https://doi.org/10.2307/1412159
        | Bootstrap methods and their application (Davison and Hinkley, 1997)
        | https://doi.org/10.1017/CBO9780511802843
    """
    members = [np.flatnonzero(np.asarray(clusters) == each) for each in dict.fromkeys(clusters)]
    value = spearman(first, second)
    if len(first) < _fewest or len(members) < _fewest or not np.isfinite(value):
        return None
    source = np.random.default_rng(stream("probe", seed, len(first), draws))
    values = []
    for _ in range(draws):
        drawn = np.concatenate([members[place] for place in source.integers(len(members), size=len(members))])
        values.append(spearman(first[drawn], second[drawn]))
    finite = np.array(values)[np.isfinite(values)]
    low, high = np.quantile(finite, [(1 - _confidence) / 2, (1 + _confidence) / 2])
    return RankCorrelation(value, float(low), float(high), len(first), len(members))
