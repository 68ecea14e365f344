"""How many independent networks each method is worth, with an interval over the seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.diversity.equivalent import deep_ensemble_equivalent
from analysis.ensembles.comparison import Comparison
from analysis.ensembles.scored import ScoredEnsembles, ScoredMethod
from analysis.estimate import confidence

__all__ = ["Equivalent", "equivalent_of", "equivalents"]

Array = npt.NDArray[np.float64]

_metric = "tempered_nll"
_per_network = 100


@dataclass(frozen=True)
class Equivalent:
    """How many independent networks an ensemble is worth.

    Arguments:
        value: a real number from 1; infinite where it is better than the largest deep ensemble that there is.
        low: of its 95 % interval; None with fewer than two seeds.
        high: of its 95 % interval, infinite where the largest deep ensemble is not better by more than chance.
        most: networks of the largest deep ensemble.
        n: seeds.
    """

    value: float
    low: float | None
    high: float | None
    most: int
    n: int

    @property
    def text(self) -> str:
        """The number and its interval: ``2.3 [1.4, >5]``."""
        if self.low is None or self.high is None:
            return self._number(self.value)
        return f"{self._number(self.value)} [{self._number(self.low)}, {self._number(self.high)}]"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data; null for what is beyond the largest deep ensemble, or not known."""
        ends = {name: getattr(self, name) for name in ("value", "low", "high")}
        known = {name: end if end is not None and np.isfinite(end) else None for name, end in ends.items()}
        return {**known, "text": self.text, "largest_deep_ensemble": self.most, "n": self.n}

    def _number(self, value: float) -> str:
        return f"{value:.1f}" if np.isfinite(value) else f">{self.most}"


def equivalent_of(losses: Array, deep: Array) -> Equivalent | None:
    """Return the deep-ensemble equivalent of the mean loss, with the sizes that a paired t-test does not reject.

    Between two sizes a deep ensemble's loss is interpolated linearly, seed by
    seed. The 95 % interval goes from the smallest to the largest size at which
    the interval of the mean difference within seeds holds 0: the test turned
    round, which needs no law of the ratio.

    Arguments:
        losses: of the ensemble, (seeds,); best at a temperature of its own.
        deep: of deep ensembles of 1, 2, … networks on the same seeds, (seeds, sizes).

    Returns:
        None without a seed on which all are finite.
    """
    kept = np.isfinite(losses) & np.isfinite(deep).all(axis=1)
    own, deep = losses[kept], deep[kept]
    seeds, most = deep.shape
    if not seeds:
        return None
    sizes = np.arange(1, most + 1)
    value = float(deep_ensemble_equivalent(own.mean(), sizes.tolist(), deep.mean(axis=0)))
    if seeds < 2:
        return Equivalent(value, None, None, most, seeds)
    from scipy.special import stdtrit

    grid = np.linspace(1, most, (most - 1) * _per_network + 1)
    between = np.stack([np.interp(grid, sizes, each) for each in deep])
    differences = between - own[:, None]
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / np.sqrt(seeds)
    half = float(stdtrit(seeds - 1, (1 + confidence) / 2)) * error
    as_good = grid[np.abs(mean) <= half]
    better, worse = grid[mean > half], grid[mean < -half]
    if not as_good.size:
        low = float(better[-1]) if better.size else 1.0
        high = float(worse[0]) if worse.size else np.inf
        return Equivalent(value, min(low, value), max(high, value), most, seeds)
    low, high = float(as_good[0]), float(as_good[-1])
    return Equivalent(value, min(low, value), np.inf if high == most else max(high, value), most, seeds)


def equivalents(found: ScoredEnsembles, comparison: Comparison) -> Mapping[tuple[str, str], Equivalent]:
    """Return how many independent networks each row of a comparison is worth, by method and key.

    Empty without deep ensembles of two networks or more, or predictions without a temperature.

    Arguments:
        found: all methods of the study.
        comparison: of them.
    """
    deep = [each for each in found.scored if each.method == "independent" and len(each.costs) > 1]
    if not deep or _metric not in deep[0].scores:
        return {}
    rows = {}
    for row in comparison.rows:
        scored, place = row.scored, row.cost.members - 1
        if (known := equivalent_of(*_paired(scored, place, deep[0]))) is not None:
            rows[scored.method, scored.key] = known
    return rows


def _paired(each: ScoredMethod, place: int, deep: ScoredMethod) -> tuple[Array, Array]:
    shared = [seed for seed in each.seeds if seed in deep.seeds]
    own, its = ([one.seeds.index(seed) for seed in shared] for one in (each, deep))
    return each.scores[_metric][own, place], deep.scores[_metric][its]
