"""The two-way bootstrap where each seed is scored on examples of its own, drawn from one data set."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from analysis.estimate import Estimate, Unit, confidence
from lightning_modules.errors import InvalidInput

__all__ = ["crossed_differences"]

Array = npt.NDArray[np.float64]

_count, _at_once = 2000, 100


def crossed_differences(
    scores: Mapping[str, Array], pairs: Sequence[tuple[str, str]], measure: str, unit: Unit = "points"
) -> dict[tuple[str, str], Estimate]:
    """Return mean differences of methods' scores with 95 % intervals over seeds and examples, first minus second.

    Each draw takes seeds and, by themselves, examples of the data set; a score
    that is there counts as often as its seed was drawn times as often as its
    example. All methods and pairs have the same draws. The interval is the
    mean ± t times the draws' standard deviation, t of as many degrees of
    freedom as seeds less one; of both one fewer is drawn than there are, which
    makes up for the bootstrap's narrowness (see `analysis.inference.two_way`,
    for scores of every seed on every example). It errs on the long side, the
    more so the more of the spread is each score's own: simulated with a fifth
    of 100 examples for each seed, it covers 97 to 100 %.

    Arguments:
        scores: by method, (seeds, examples), NaN where a seed did not meet an example; of all methods the same seeds
            and examples in the same order, NaN in the same places.
        pairs: of methods.
        measure: what a difference is; the estimates are called ``MEASURE_two_way[FIRST - SECOND]``.
        unit: of the differences.

    Raises:
        InvalidInput: for scores of different shapes or places, of fewer than two seeds or examples, or not finite.

    References:
        | The pigeonhole bootstrap (Owen, 2007), which is for tables with holes
        | https://arxiv.org/abs/0712.1111
    """
    met = _met(scores)
    columns = met.any(axis=0)
    met = met[:, columns]
    table = np.stack([np.where(met, each[:, columns], 0.0) for each in scores.values()])
    seeds, examples = met.shape
    generator, drawn = np.random.default_rng(0), []
    for _ in range(0, _count, _at_once):
        by_seed, by_example = (
            generator.multinomial(each - 1, np.full(each, 1 / each), size=_at_once).astype(np.float64)
            for each in (seeds, examples)
        )
        counts = np.einsum("de,de->d", by_seed @ met, by_example)
        sums = np.stack([np.einsum("de,de->d", by_seed @ each, by_example) for each in table])
        # A draw that holds no score at all says nothing; with a handful of seeds there may be some.
        drawn.append((sums / np.where(counts > 0, counts, np.nan)).T)
    draws = dict(zip(scores, np.concatenate(drawn).T, strict=True))
    means = dict(zip(scores, table.sum(axis=2) / met.sum(axis=1), strict=True))
    return {pair: _estimate(pair, draws, means, measure, unit, examples) for pair in pairs}


def _met(scores: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
    """Return which seed was scored on which example, (seeds, examples)."""
    shapes = {method: np.shape(each) for method, each in scores.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 2 for shape in shapes.values()):
        raise InvalidInput(f"The scores have the shapes {shapes}: give (seeds, examples), the same for all methods.")
    first = ~np.isnan(next(iter(scores.values())))
    if any(not np.array_equal(first, ~np.isnan(each)) for each in scores.values()):
        raise InvalidInput("The methods were not scored on the same examples: give scores in the same places.")
    if any(not np.isfinite(each[first]).all() for each in scores.values()):
        raise InvalidInput("The scores are not finite: decide what a diverged run counts as first.")
    if len(first) < 2 or first.any(axis=0).sum() < 2 or not first.any(axis=1).all():
        raise InvalidInput("A two-way bootstrap takes two seeds and two examples, and no seed without any: give more.")
    return first


def _estimate(
    pair: tuple[str, str],
    draws: Mapping[str, Array],
    means: Mapping[str, Array],
    measure: str,
    unit: Unit,
    examples: int,
) -> Estimate:
    from scipy.special import stdtrit

    first, second = pair
    by_seed = means[first] - means[second]
    seeds, mean = len(by_seed), float(by_seed.mean())
    spread = float(np.nanstd(draws[first] - draws[second], ddof=1))
    half = float(stdtrit(seeds - 1, (1 + confidence) / 2)) * spread
    return Estimate(
        f"{measure}_two_way[{first} - {second}]",
        mean,
        mean - half,
        mean + half,
        seeds,
        f"{seeds} seeds and {examples} test examples",
        unit,
        f"two-way bootstrap, {_count:,} draws",
        values=tuple(by_seed.tolist()),
    )
