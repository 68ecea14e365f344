"""Estimators against SciPy, closed forms and brute force."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import t_ends, t_interval
from analysis.inference.binomial import binomial_p, trials_needed
from analysis.inference.bootstrap import bootstrap_interval
from analysis.inference.bounds import against, seeds_to_decide
from analysis.inference.chosen import estimates_of
from analysis.inference.holm import holm
from analysis.inference.interquartile import interquartile_interval
from analysis.inference.power import detectable_difference, pairs_needed, power_of
from analysis.inference.sign_flip import exact_up_to, fewest_pairs, sign_flip, smallest_p
from analysis.inference.two_way import Resamples, two_way_bootstrap, two_way_difference
from analysis.inference.wilson import wilson_interval
from lightning_modules.errors import InvalidInput

differences = st.lists(st.integers(-20, 20).map(lambda each: each / 360), min_size=1, max_size=9)


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 20), (499, 1000)])
def test_wilson_is_scipys(successes, trials):
    found = wilson_interval(successes, trials, "a", "runs")
    theirs = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert found.value == successes / trials
    assert found.method == "Wilson"


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.99))
def test_the_binomial_tails_are_scipys(case, bound):
    successes, trials = case
    tails = {side: stats.binomtest(successes, trials, bound, side).pvalue for side in ("greater", "less")}
    for side, theirs in tails.items():
        assert binomial_p(successes / trials, trials, bound, side) == pytest.approx(theirs, abs=1e-12)
    both = min(1.0, 2 * min(tails.values()))
    assert binomial_p(successes / trials, trials, bound) == pytest.approx(both, abs=1e-12)


@pytest.mark.parametrize(
    ("share", "bound", "level"),
    [(1.0, 0.95, 0.05 / 9), (0.9, 0.5, 0.01), (0.2, 0.5, 0.05), (0.62, 0.5, 0.05), (0, 0.1, 0.05)],
)
def test_so_many_trials_have_the_power_and_none_fewer(share, bound, level):
    def power(trials):
        counts = np.arange(trials + 1)
        p = np.array([binomial_p(count / trials, trials, bound) for count in counts])
        rejected = counts[(p <= level) & ((counts / trials > bound) == (share > bound))]
        return stats.binom.pmf(rejected, trials, share).sum()

    found = trials_needed(share, bound, level)
    assert power(found) >= 0.8
    assert all(power(trials) < 0.8 for trials in range(1, found))
    assert trials_needed(bound, bound, level) is None


def test_a_share_is_held_against_a_bound_by_what_it_counts():
    found = wilson_interval(20, 20, "a", "runs")
    # All twenty of twenty happen one time in three where the truth is 95 %.
    assert against(found, 0.95, "above").p == pytest.approx(2 * 0.95**20)
    assert against(found, 0.95, "above").method == "exact binomial"
    assert seeds_to_decide(found, 0.95, "above", 0.05) == trials_needed(1.0, 0.95, 0.05)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, 2 * n), st.just(n))))
def test_wilson_of_halves_mirrors_and_holds_the_share(case):
    halves, trials = case
    found = wilson_interval(halves / 2, trials, "a", "runs")
    mirrored = wilson_interval(trials - halves / 2, trials, "a", "runs")
    assert (found.low, found.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_shares_that_are_none_are_refused(successes, trials):
    with pytest.raises(InvalidInput, match="successes of"):
        wilson_interval(successes, trials, "a", "runs")


def test_t_ends_at_another_level_are_scipys():
    values = np.array([0.1, 0.4, 0.35, 0.8])
    low, high = stats.t.interval(0.9, 3, loc=values.mean(), scale=stats.sem(values))
    assert t_ends(values, 0.9) == pytest.approx((low, high))


def test_values_that_are_equal_have_an_interval_of_no_width():
    for estimate in estimates_of([0.1 + 0.2] * 20, "a[b]", "seeds"):
        assert estimate.low == estimate.value == estimate.high == 0.1 + 0.2


@pytest.mark.parametrize("kind", ["BCa", "percentile"])
@pytest.mark.parametrize("count", [3, 10, 25])
def test_bootstrap_is_the_one_by_hand(kind, count):
    """A second route: the same resamples, and Efron's formulas written out."""
    sample = np.sort(np.random.default_rng(count).normal(size=count))
    generator = np.random.default_rng(0)
    means = np.concatenate(
        [sample[generator.integers(0, count, (rows, count))].mean(axis=1) for rows in [1000] * 9 + [999]]
    )
    levels = np.array([0.025, 0.975])
    if kind == "BCa":
        bias = stats.norm.ppf((np.mean(means < sample.mean()) + np.mean(means <= sample.mean())) / 2)
        jackknifed = (sample.sum() - sample) / (count - 1)
        apart = jackknifed.mean() - jackknifed
        acceleration = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
        shifted = bias + stats.norm.ppf(levels)
        levels = stats.norm.cdf(bias + shifted / (1 - acceleration * shifted))
    found = bootstrap_interval(sample.tolist(), "a", "seeds", "target", kind)
    assert (found.low, found.high) == pytest.approx(np.quantile(means, levels), rel=1e-3)
    assert found.value == pytest.approx(sample.mean())


def test_bootstrap_of_two_values_says_so_or_has_ends():
    """Of two values BCa's acceleration is 0 and the ends are the values: no error, no warning."""
    found = bootstrap_interval([1.0, 2.0], "a", "seeds", "target")
    assert (found.low, found.high) == (1.0, 2.0)
    assert bootstrap_interval([1.0], "a", "seeds").low is None


@given(st.permutations([0.1, 0.2, 0.2, 0.5, 0.9]))
def test_bootstrap_does_not_know_the_order_of_seeds(values):
    found, ordered = (bootstrap_interval(each, "a", "seeds") for each in (values, sorted(values)))
    assert (found.low, found.high) == (ordered.low, ordered.high)


def test_interquartile_mean_of_one_to_eight_by_hand():
    """Of 1 … 8 the middle is 3 … 6; pulled in: 3 3 3 4 5 6 6 6, whose variance is 14 / 7."""
    found = interquartile_interval(np.random.default_rng(0).permutation(np.arange(1, 9)), "a", "seeds", "target")
    half = stats.t.ppf(0.975, 3) * math.sqrt(14 / 7) / (0.5 * math.sqrt(8))
    assert found.value == 4.5
    assert (found.low, found.high) == pytest.approx((4.5 - half, 4.5 + half))


@given(st.lists(st.floats(-100, 100), min_size=8, max_size=40))
def test_interquartile_mean_is_scipys_trimmed_mean(values):
    found = interquartile_interval(values, "a", "seeds", "target")
    assert found.value == pytest.approx(stats.trim_mean(values, 0.25), abs=1e-9)
    assert found.low <= found.value <= found.high


def test_interquartile_mean_needs_eight_values():
    with pytest.raises(InvalidInput, match="give 8 or more"):
        interquartile_interval([0.1] * 7, "a", "seeds")


@pytest.mark.parametrize(
    ("count", "names"),
    [(1, ["a[b]"]), (7, ["a[b]"]), (8, ["a[b]", "a_iqm[b]"]), (20, ["a[b]", "a_iqm[b]", "a_bca[b]"])],
)
def test_estimates_are_chosen_by_n(count, names):
    values = np.random.default_rng(0).uniform(size=count)
    found = estimates_of(values, "a[b]", "seeds")
    assert [each.name for each in found] == names
    assert found[0] == t_interval(values.tolist(), "a[b]", "seeds")


def test_yes_and_no_are_a_share():
    (found,) = estimates_of([True, False, False, True, False], "diverged[b]", "seeds")
    assert found == wilson_interval(2, 5, "diverged[b]", "seeds")


def test_values_that_are_not_finite_are_counted():
    found = estimates_of([0.5, math.nan, 0.7, math.inf], "a", "4 seeds")[0]
    assert (found.n, found.value) == (2, 0.6)
    assert found.over == "4 seeds; 2 of 4 are not finite and left out"
    (none,) = estimates_of([math.nan], "a", "1 seed")
    assert (none.n, none.low, none.to_json()["value"]) == (0, None, None)
    assert none.over == "1 seed; 1 of 1 is not finite and left out"
    assert str(none) == "– % (n = 0 seeds)"
    with pytest.raises(InvalidInput, match="has no values"):
        estimates_of([], "a", "seeds")


def test_two_way_resamples_are_the_same_for_every_method():
    scores = np.random.default_rng(0).integers(0, 2, size=(6, 40)).astype(float)
    found = two_way_bootstrap({"first": scores, "second": scores.copy()}, "accuracy")
    assert (found["first"].low, found["first"].high) == (found["second"].low, found["second"].high)
    shifted = two_way_difference(scores + 0.25, scores, "gain")
    assert (shifted.low, shifted.value, shifted.high) == pytest.approx((0.25, 0.25, 0.25))


def test_two_way_means_are_those_of_the_drawn_rows_and_columns():
    scores = np.random.default_rng(1).normal(size=(3, 5))
    resamples = Resamples.draw(3, 5)
    rows = np.repeat(np.arange(3), resamples.seeds[7].astype(int))
    columns = np.repeat(np.arange(5), resamples.examples[7].astype(int))
    assert resamples.means(scores)[7] == pytest.approx(scores[np.ix_(rows, columns)].mean())
    assert (len(rows), len(columns)) == (2, 4)


def test_two_way_error_of_what_only_seeds_change_is_the_t_intervals():
    by_seed = np.random.default_rng(2).normal(size=12)
    found = two_way_bootstrap({"a": np.repeat(by_seed[:, None], 30, axis=1)}, "loss", "target")["a"]
    alone = t_interval(by_seed.tolist(), "a", "seeds", "target")
    assert found.high - found.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert found.over == "12 seeds and 30 test examples"


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({"a": np.zeros((3, 4)), "b": np.zeros((2, 4))}, "the same for all methods"),
        ({"a": np.zeros(4)}, "the same for all methods"),
        ({"a": np.zeros((1, 4))}, "two of each"),
        ({"a": np.full((3, 4), np.nan)}, "not finite for 3 seeds"),
    ],
    ids=["shapes", "one axis", "one seed", "not finite"],
)
def test_two_way_scores_that_cannot_be_used_are_refused(scores, said):
    with pytest.raises(InvalidInput, match=said):
        two_way_bootstrap(scores, "accuracy")


@given(differences)
def test_sign_flip_goes_through_all_signs(values):
    sums = [
        abs(sum(sign * each for sign, each in zip(signs, values, strict=True)))
        for signs in product([1, -1], repeat=len(values))
    ]
    by_hand = np.mean([each >= abs(sum(values)) - 1e-9 for each in sums])
    assert sign_flip(values).p == pytest.approx(by_hand)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_sign_flip_is_scipys_permutation_test(alternative):
    values = np.random.default_rng(3).normal(0.4, 1.0, 9)
    theirs = stats.permutation_test(
        (values, np.zeros(9)),
        lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples",
        alternative=alternative,
        n_resamples=np.inf,
        vectorized=True,
    )
    assert sign_flip(values, alternative).p == pytest.approx(theirs.pvalue)


@given(differences, st.randoms(use_true_random=False), st.floats(1e-3, 1e3))
def test_sign_flip_knows_neither_order_nor_scale_nor_which_is_first(values, random, scale):
    p = sign_flip(values).p
    assert sign_flip([-each for each in values]).p == p
    assert sign_flip(random.sample(values, len(values))).p == p
    assert sign_flip([scale * each for each in values]).p == pytest.approx(p)
    assert sign_flip(values, "less").p == pytest.approx(sign_flip([-each for each in values], "greater").p)


@pytest.mark.parametrize("count", [1, 5, 6, 20, exact_up_to])
def test_sign_flip_of_one_sign_has_the_smallest_p(count):
    found = sign_flip(np.linspace(0.1, 1.0, count))
    assert found.p == pytest.approx(smallest_p(count), rel=1e-12)
    assert found.exact
    assert found.method == "exact sign-flip"


def test_sign_flip_beyond_the_bound_draws_and_says_so():
    values = np.random.default_rng(4).normal(0.3, 1.0, exact_up_to + 8)
    found = sign_flip(values)
    assert not found.exact
    assert "Monte Carlo of 99999" in found.method
    assert found.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue, abs=0.01)
    assert sign_flip(np.random.default_rng(5).permutation(values)).p == found.p
    assert sign_flip(np.ones(50)).p == 1e-5  # the signs found count as one draw more


def test_a_difference_of_zero_has_no_sign():
    assert sign_flip([0.0, 0.0]).p == 1
    assert sign_flip([0.0] * 10 + [0.1] * 5).p == pytest.approx(2 / 2**5)
    assert sign_flip([0.0] * 10 + [0.1] * 5).pairs == 5


def test_six_pairs_are_the_fewest_that_can_reach_a_twentieth():
    assert [smallest_p(5), smallest_p(6)] == [0.0625, 0.03125]
    assert [fewest_pairs(0.05), fewest_pairs(0.05 / 2), fewest_pairs(1.0)] == [6, 7, 1]


@pytest.mark.parametrize("values", [[], [math.nan, 0.1]], ids=["empty", "not finite"])
def test_sign_flip_refuses_what_it_cannot_judge(values):
    with pytest.raises(InvalidInput, match="sign-flip"):
        sign_flip(values)


def test_holm_by_hand():
    """Of 0.01, 0.04, 0.03, 0.005: 4 × 0.005, 3 × 0.01, 2 × 0.03, and 0.04, which may not be below 0.06."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.5, 0.7]) == (1.0, 1.0)
    assert holm([0.03]) == (0.03,)
    assert holm([]) == ()
    with pytest.raises(InvalidInput, match="0 to 1"):
        holm([0.2, math.nan])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_largest_of_the_steps_before(values):
    corrected = holm(values)
    for p, found in zip(values, corrected, strict=True):
        steps = [(len(values) - sum(each < q for each in values)) * q for q in values if q <= p]
        assert found == pytest.approx(min(1.0, max(steps)))
        assert p <= found <= min(1.0, p * len(values)) + 1e-12


@pytest.mark.parametrize(("difference", "needed"), [(0.3, 13), (0.2, 27), (0.1, 101)])
def test_pairs_needed_of_two_methods_that_spread_by_a_quarter_point(difference, needed):
    assert pairs_needed(difference, 0.25 * math.sqrt(2)) == needed


@pytest.mark.parametrize(("effect", "pairs"), [(3.0, 2), (0.0, 3), (1.5, 4), (0.8, 8), (0.5, 20), (0.1, 500)])
def test_power_is_scipys_noncentral_t(effect, pairs):
    bound, shift = stats.t.isf(0.025, pairs - 1), effect * math.sqrt(pairs)
    theirs = stats.nct.sf(bound, pairs - 1, shift) + stats.nct.cdf(-bound, pairs - 1, shift)
    assert power_of(effect, pairs) == pytest.approx(theirs, abs=1e-8)
    assert power_of(-effect, pairs) == power_of(effect, pairs)


@pytest.mark.parametrize(("effect", "pairs"), [(0.8, 8), (0.5, 20), (0.1, 100)])
def test_power_is_what_is_simulated(effect, pairs):
    draws = np.random.default_rng(6).normal(effect, 1.0, size=(8000, pairs))
    found = np.mean(stats.ttest_1samp(draws, 0, axis=1).pvalue <= 0.05)
    assert power_of(effect, pairs) == pytest.approx(found, abs=4 * math.sqrt(0.25 / 8000))


@given(st.floats(0.02, 5.0), st.floats(0.6, 0.95))
def test_pairs_needed_are_the_fewest_with_that_power(effect, power):
    needed = pairs_needed(effect, 1.0, power=power)
    assert power_of(effect, needed) >= power
    assert needed == 6 or power_of(effect, needed - 1) < power


@pytest.mark.parametrize("pairs", [2, 3, 5, 20, 500])
def test_the_detectable_difference_is_detected(pairs):
    found = detectable_difference(0.02, pairs)
    assert power_of(found / 0.02, pairs) == pytest.approx(0.8, abs=1e-6)
    assert detectable_difference(0.04, pairs) == pytest.approx(2 * found)


def test_what_needs_no_test():
    assert pairs_needed(0.0, 1.0) is None
    assert pairs_needed(1e-17, 0.02) is None  # a rounding error, not a difference
    assert pairs_needed(0.01, 1.0) == pytest.approx(((1.959964 + 0.841621) / 0.01) ** 2, rel=1e-4)
    assert pairs_needed(0.1, 0.0) == 6
    assert detectable_difference(0.0, 5) == 0
    with pytest.raises(InvalidInput, match="pairs"):
        detectable_difference(1.0, 1)
