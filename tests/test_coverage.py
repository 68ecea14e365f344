"""Do intervals of 95 % cover 95 %? Simulated, and the numbers printed (``pytest -m slow -s``)."""

import math

import numpy as np
import pytest

from analysis.estimate import t_interval
from analysis.inference.bootstrap import bootstrap_interval
from analysis.inference.interquartile import interquartile_interval
from analysis.inference.sparse_two_way import crossed_differences
from analysis.inference.two_way import two_way_bootstrap
from analysis.inference.wilson import wilson_interval

pytestmark = pytest.mark.slow


def covered(make, truth, draws, name):
    found = [make(draw) for draw in draws]
    share = np.mean([each.low <= truth <= each.high for each in found])
    print(f"\n{name}: {share:.3f} ± {1.96 * math.sqrt(share * (1 - share) / len(found)):.3f}")
    return share


@pytest.mark.parametrize("count", [3, 5, 10, 20])
def test_students_interval(count):
    draws = np.random.default_rng(count).normal(3.0, 2.0, size=(20_000, count)).tolist()
    share = covered(lambda each: t_interval(each, "a", "", "target"), 3.0, draws, f"Student's t, n = {count}")
    assert 0.93 <= share <= 0.97


@pytest.mark.parametrize("count", [8, 10, 20, 50])
def test_interval_of_the_interquartile_mean(count):
    draws = np.random.default_rng(count).normal(3.0, 2.0, size=(10_000, count))
    share = covered(
        lambda each: interquartile_interval(each, "a", "", "target"), 3.0, draws, f"interquartile mean, n = {count}"
    )
    assert (0.915 if count == 8 else 0.93) <= share <= 0.97


@pytest.mark.parametrize(
    ("kind", "count", "least"),
    [("BCa", 5, 0.8), ("BCa", 20, 0.91), ("BCa", 50, 0.92), ("percentile", 5, 0.8), ("percentile", 20, 0.91)],
)
def test_bootstrap_intervals_are_short_of_seeds(kind, count, least):
    draws = np.random.default_rng(count).normal(3.0, 2.0, size=(1500, count)).tolist()
    share = covered(
        lambda each: bootstrap_interval(each, "a", "", "target", kind), 3.0, draws, f"{kind} bootstrap, n = {count}"
    )
    assert least <= share <= 0.97


@pytest.mark.parametrize("count", [10, 20, 360])
@pytest.mark.parametrize("truth", [0.1, 0.5, 0.97])
def test_wilsons_interval(count, truth):
    draws = np.random.default_rng(count).binomial(count, truth, size=20_000)
    name = f"Wilson, {truth} of {count}"
    share = covered(lambda each: wilson_interval(int(each), count, "a", ""), truth, draws, name)
    assert share >= 0.9  # of a discrete share it swings about 0.95


@pytest.mark.parametrize("count", [3, 5, 10, 20])
@pytest.mark.parametrize(("seed_spread", "example_spread"), [(1.0, 1.0), (1.0, 6.0), (0.3, 0.3)])
def test_two_way_bootstrap(count, seed_spread, example_spread):
    """Seeds and examples are drawn anew each time, and each score has a spread of its own of 1."""
    generator, examples, simulations = np.random.default_rng(count), 60, 1000
    draws = (
        generator.normal(0, seed_spread, (simulations, count, 1))
        + generator.normal(0, example_spread, (simulations, 1, examples))
        + generator.normal(0, 1.0, (simulations, count, examples))
    )
    share = covered(
        lambda each: two_way_bootstrap({"a": each}, "loss", "target")["a"],
        0.0,
        draws,
        f"two-way bootstrap, {count} seeds (sd {seed_spread}) × {examples} examples (sd {example_spread})",
    )
    assert share >= 0.93


@pytest.mark.parametrize("count", [3, 5, 10, 20])
@pytest.mark.parametrize(("seed_spread", "example_spread"), [(1.0, 1.0), (0.2, 2.0), (0.1, 0.1)])
def test_two_way_bootstrap_of_test_sets_of_their_own(count, seed_spread, example_spread):
    """Each seed meets a fifth of a data set that is drawn anew each time."""
    generator, examples, simulations = np.random.default_rng(count), 100, 400
    draws = []
    for _ in range(simulations):
        scores = (
            generator.normal(0, seed_spread, (count, 1))
            + generator.normal(0, example_spread, (1, examples))
            + generator.normal(0, 1.0, (count, examples))
        )
        met = np.stack([generator.permutation(examples) < examples // 5 for _ in range(count)])
        draws.append(np.where(met, scores, np.nan))
    share = covered(
        lambda each: crossed_differences({"a": each, "b": 0 * each}, [("a", "b")], "loss")["a", "b"],
        0.0,
        draws,
        f"two-way bootstrap with holes, {count} seeds (sd {seed_spread}) × {examples} examples (sd {example_spread})",
    )
    assert share >= 0.92
