"""Variance components against the formulas of two and three factors, brute force and what was put in."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.claims import judge
from analysis.comparison.component_estimates import component_estimates
from analysis.figures import variance_components as drawn
from analysis.inference.components import variance_components
from analysis.style import styled
from lightning_modules.errors import InvalidInput
from lightning_modules.score import Accuracy, RootMeanSquaredError
from sweeps.claim import Claim

streams = ("init", "order", "split")
tails = (0.025, 0.975)


def crossed(shape, deviations, generator, draws=()):
    """Normal effects of each set of factors, (draws, *shape)."""
    total = np.zeros((*draws, *shape))
    for axes, deviation in deviations.items():
        size = [levels if axis in axes else 1 for axis, levels in enumerate(shape)]
        total = total + generator.normal(0, deviation, (*draws, *size))
    return total


def by_name(values, factors=streams):
    return {each.name: each for each in variance_components(values, factors[: np.ndim(values)]).components}


def test_two_factors_are_the_formulas_of_the_textbook():
    values = np.random.default_rng(0).normal(size=(5, 4))
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    square_init = 4 * ((rows - values.mean()) ** 2).sum() / 4
    square_order = 5 * ((columns - values.mean()) ** 2).sum() / 3
    square_both = ((values - rows[:, None] - columns + values.mean()) ** 2).sum() / 12
    found = by_name(values)
    assert found["init"].variance == pytest.approx((square_init - square_both) / 4)
    assert found["order"].variance == pytest.approx((square_order - square_both) / 5)
    assert found["init × order"].variance == pytest.approx(square_both)
    assert [each.freedom for each in found.values()] == [4, 3, 12]


def test_one_factor_is_the_variance_with_its_chi_squared_interval():
    values = np.random.default_rng(1).normal(size=12)
    (found,) = variance_components(values, ("init",)).components
    assert found.variance == pytest.approx(values.var(ddof=1))
    exact = 11 * values.var(ddof=1) / stats.chi2.ppf([0.975, 0.025], 11)
    assert (found.low, found.high) == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize("shape", [(3, 3), (4, 3, 2)])
def test_the_mean_of_many_designs_is_what_was_put_in(shape):
    deviations = (
        {(0,): 1.0, (1,): 0.5, (0, 1): 0.3} if len(shape) == 2 else {(0,): 1.0, (2,): 2.0, (0, 1): 0.7, (0, 1, 2): 0.4}
    )
    designs = crossed(shape, deviations, np.random.default_rng(2), draws=(120,))
    names = {" × ".join(streams[axis] for axis in axes): deviation**2 for axes, deviation in deviations.items()}
    found = [by_name(values) for values in designs]
    for name in found[0]:
        estimates = [each[name].variance for each in found]
        error = np.std(estimates) / math.sqrt(len(estimates))
        assert np.mean(estimates) == pytest.approx(names.get(name, 0.0), abs=4 * error)


@given(st.permutations(range(4)), st.permutations(range(3)), st.floats(0.1, 10), st.floats(-5, 5))
def test_neither_the_order_of_seeds_nor_a_shift_matters_and_scale_is_squared(rows, columns, scale, shift):
    values = np.random.default_rng(3).normal(size=(4, 3, 2))
    straight, changed = by_name(values), by_name(scale * values[rows][:, columns] + shift)
    for name, each in straight.items():
        assert changed[name].variance == pytest.approx(scale**2 * each.variance, abs=1e-9)
        assert changed[name].high == pytest.approx(scale**2 * each.high, abs=1e-9)


def test_all_equal_scores_have_no_components():
    for each in by_name(np.full((3, 4, 2), 0.9)).values():
        assert (each.variance, each.low, each.high) == pytest.approx((0, 0, 0), abs=1e-25)


def test_an_estimate_below_zero_is_kept_and_shown_as_zero():
    """Rows of equal means: the interaction alone would make them differ, so the factor's estimate is below 0."""
    values = np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = variance_components(values, ("init", "order"))
    assert found.components[0].variance == -2.0
    assert (found.components[0].deviation, found.components[0].low) == (0, 0)
    assert [each.name for each in found.negative] == ["init", "order"]
    assert json.loads(json.dumps(found.to_json()))["components"][0]["variance"] == -2.0


def test_the_binomial_floor_is_that_of_the_mean_share():
    assert variance_components(np.array([0.8, 1.0]), ("init",), 360).floor == pytest.approx(math.sqrt(0.9 * 0.1 / 360))
    assert variance_components(np.array([0.8, 1.0]), ("init",)).floor is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((3, 3)), "one an axis"),
        (np.zeros((3, 1, 2)), "one seed of order"),
        (np.full((2, 2, 2), np.nan), "8 of 8 scores are not finite"),
    ],
    ids=["axes", "levels", "not finite"],
)
def test_what_is_no_crossed_design_is_refused(values, said):
    with pytest.raises(InvalidInput, match=said):
        variance_components(values, streams)


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 3, 2)])
def test_the_figure_shows_every_component_and_run(shape):
    values = (
        0.9 + crossed(shape, {(0,): 0.01}, np.random.default_rng(4)) + np.random.default_rng(5).normal(0, 0.003, shape)
    )
    found = variance_components(values, streams[: len(shape)], 360)
    with styled():
        left, right = drawn.draw(found, Accuracy()).axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx(
        [100 * each.deviation for each in found.components]
    )
    dots = np.concatenate([line.get_ydata() for line in right.lines if line.get_marker() == "o"])
    assert sorted(dots) == pytest.approx(sorted(100 * values.ravel()))
    assert ("below 0" in left.get_xlabel()) == bool(found.negative)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(4, 4), (10, 10), (4, 4, 3), (10, 10, 5)])
@pytest.mark.parametrize("put_in", ["all alike", "init alone"])
def test_intervals_of_components_cover_what_was_put_in(shape, put_in):
    axes = range(len(shape))
    sets = [(axis,) for axis in axes] + [tuple(axes)]
    deviations = dict.fromkeys(sets, 1.0) if put_in == "all alike" else {(0,): 2.0, tuple(axes): 1.0}
    truth = {" × ".join(streams[axis] for axis in each): deviation**2 for each, deviation in deviations.items()}
    designs = crossed(shape, deviations, np.random.default_rng(6), draws=(1000,))
    found = [by_name(values) for values in designs]
    for name in found[0]:
        covered = np.mean([each[name].low <= truth.get(name, 0.0) <= each[name].high for each in found])
        print(f"\n{' × '.join(map(str, shape))}, {put_in}, {name}: {covered:.3f}")
        assert covered >= 0.93


def estimates_of(values, examples=None, score=None):
    found = variance_components(values, streams[: np.ndim(values)], examples)
    return found, {each.name: each for each in component_estimates(found, score or Accuracy())}


def test_estimates_are_the_components_and_their_shares():
    values = 0.9 + crossed((6, 5), {(0,): 0.02, (1,): 0.01, (0, 1): 0.005}, np.random.default_rng(8))
    found, named = estimates_of(values, 360)
    for each in found.components:
        sd = named[f"sd[{each.name}]"]
        assert (sd.value, sd.low, sd.high) == pytest.approx((each.deviation, *each.ends))
        ratio = named[f"sd_over_binomial[{each.name}]"]
        assert (ratio.value, ratio.low) == pytest.approx((sd.value / found.floor, sd.low / found.floor))
    shares = [each for name, each in named.items() if name.startswith("variance_share")]
    assert sum(each.value for each in shares) == pytest.approx(1)
    assert all(0 <= each.low <= each.value <= each.high <= 1 for each in shares)
    floor, mean = named["binomial_sd"], values.mean()
    assert floor.value == found.floor
    assert (floor.low, floor.high) == pytest.approx(
        # Above a half, the larger the share that is right the smaller the deviation.
        [math.sqrt(p * (1 - p) / 360) for p in reversed(stats.beta(360 * mean, 360 * (1 - mean)).ppf(tails))],
        rel=0.02,
    )
    assert json.loads(json.dumps([each.to_json() for each in named.values()]))


def test_the_interval_of_a_share_is_that_of_the_ratio_of_mean_squares():
    """Of two factors without interaction in common the share of one is a function of an F variable."""
    values = crossed((8, 9), {(0,): 2.0, (0, 1): 1.0}, np.random.default_rng(9))
    rows = values.mean(axis=1)
    within = values - rows[:, None] - values.mean(axis=0) + values.mean()
    ratio = 9 * rows.var(ddof=1) / ((within**2).sum() / 56)
    low, high = ((ratio / stats.f(7, 56).ppf(q) - 1) / 9 for q in tails[::-1])
    _, named = estimates_of(values, score=RootMeanSquaredError())
    draws = {name: named[f"sd[{name}]"].draws ** 2 for name in ("init", "init × order")}
    found = np.quantile(draws["init"] / draws["init × order"], tails)
    assert found == pytest.approx((low, high), rel=0.03)
    assert "binomial_sd" not in named


@pytest.mark.parametrize(
    ("estimate", "bound", "direction", "verdict"),
    [
        ("variance_share[init]", 0.3, "above", "supported"),
        ("variance_share[order]", 0.5, "above", "contradicted"),
        ("sd_over_binomial[init]", 1.0, "above", "supported"),
        ("sd[order]", 0.02, "within", "supported"),
        ("variance_share[init]", 0.95, "above", "undecided"),
    ],
)
def test_claims_are_judged_by_the_draws_of_a_component(estimate, bound, direction, verdict):
    values = 0.9 + crossed((12, 10), {(0,): 0.04, (1,): 0.004, (0, 1): 0.008}, np.random.default_rng(10))
    _, named = estimates_of(values, 3600)
    found = judge(Claim("It is.", estimate, bound, direction), named.values())
    assert found.verdict == verdict
    draws = named[estimate].draws
    if direction == "above":
        assert found.p == pytest.approx(max(2 * min((draws <= bound).mean(), (draws >= bound).mean()), 1 / 20000))
    if verdict == "undecided":
        assert found.reason.endswith("More runs would tell.")
        assert found.seeds_needed is None


def test_equal_scores_have_no_shares():
    _, named = estimates_of(np.full((3, 3), 1.0), 40)
    assert set(named) == {"sd[init]", "sd[order]", "sd[init × order]"}
