import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.claims import judge, judge_all
from analysis.estimate import Estimate, t_interval
from analysis.inference.bounds import against, seeds_to_decide
from lightning_modules.errors import InvalidInput
from sweeps.claim import Claim


def gain(low, high, unit="points"):
    return Estimate("gain", (low + high) / 2, low, high, 20, "seeds", unit)


@pytest.mark.parametrize(
    ("low", "high", "direction", "verdict"),
    [
        (0.01, 0.02, "above", "supported"),
        (0.01, 0.02, "below", "contradicted"),
        (-0.02, -0.01, "above", "contradicted"),
        (-0.02, -0.01, "below", "supported"),
        (-0.01, 0.02, "above", "undecided"),
        (-0.01, 0.02, "below", "undecided"),
        (0.0, 0.02, "above", "undecided"),
        (-0.02, 0.0, "above", "undecided"),
        (0.0, 0.0, "above", "undecided"),
    ],
)
def test_the_whole_interval_decides(low, high, direction, verdict):
    claim = Claim("It gains.", "gain", 0.0, direction)
    assert judge(claim, [gain(low, high)]).verdict == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.008, 0.009, "supported"),
        (-0.0105, 0.0085, "supported"),  # 90 % of it is [-0.009, 0.007]
        (-0.012, 0.008, "undecided"),
        (0.008, 0.02, "undecided"),
        (0.011, 0.02, "contradicted"),
        (-0.02, -0.011, "contradicted"),
        (-0.03, 0.03, "undecided"),
    ],
)
def test_equivalence_takes_both_sides(low, high, verdict):
    assert judge(Claim("They are alike.", "gain", 0.01, "within"), [gain(low, high)]).verdict == verdict


def test_the_bound_is_named_in_the_estimates_unit():
    claim = Claim("It is good.", "gain", 0.99, "above")
    assert "The whole interval lies below 99 %, " in judge(claim, [gain(0.95, 0.97, "fraction")]).reason
    assert "The whole interval lies below 0.99 nats, " in judge(claim, [gain(0.95, 0.97, "nats")]).reason
    assert "The interval reaches across 99 points " in judge(claim, [gain(0.95, 1.0, "points")]).reason
    alike = Claim("They are alike.", "gain", 0.01, "within")
    assert "The whole interval lies within ±1 points, " in judge(alike, [gain(-0.001, 0.001)]).reason


def of(values, name="gain"):
    return t_interval(values, name, "seeds", "points")


@given(st.floats(-0.02, 0.02), st.floats(0.001, 0.02), st.floats(-0.01, 0.01), st.sampled_from([2, 6, 20]))
def test_without_values_p_is_that_of_students_test(middle, spread, bound, count):
    values = middle + spread * np.linspace(-1, 1, count)
    estimate = replace(of(values.tolist()), values=())
    assert against(estimate, bound, "above").p == pytest.approx(stats.ttest_1samp(values, bound).pvalue, abs=1e-9)
    alike = against(estimate, 0.05, "within").p
    sides = [
        stats.ttest_1samp(values, edge, alternative=side).pvalue for edge, side in ((-0.05, "greater"), (0.05, "less"))
    ]
    assert alike == pytest.approx(max(sides), abs=1e-9)


def test_five_seeds_decide_nothing_whatever_they_say():
    claim, values = Claim("It gains.", "gain", 0.0, "above"), [0.01, 0.011, 0.012, 0.013, 0.014, 0.015]
    judged = judge(claim, [of(values[:5])])
    assert (judged.verdict, judged.p, judged.corrected, judged.seeds_needed) == ("undecided", 0.0625, 0.0625, 6)
    assert judged.reason == (
        "The whole interval lies above 0 points, but p = 0.062 (exact sign-flip), above 0.05. 5 seeds cannot decide a"
        " claim: the sign-flip test needs 6. If its mean and spread are what they look like, 6 seeds would decide it"
        " four times of five."
    )
    assert judge(claim, [of(values)]).verdict == "supported"


def test_claims_are_one_family():
    """Six seeds of one sign have p = 1/32, which two claims double; seven have 1/64."""
    claims = [Claim("It gains.", "gain", 0.0, "above"), Claim("Not measured.", "other", 0.0, "above")]
    values = [0.01, 0.011, 0.012, 0.013, 0.014, 0.015, 0.016]
    six, missing = judge_all(claims, [of(values[:6])])
    assert (six.verdict, six.p, six.corrected, six.seeds_needed) == ("undecided", 1 / 32, 1 / 16, 7)
    assert "cannot decide a claim among 2 claims" in six.reason
    assert (missing.verdict, missing.p) == ("undecided", None)
    seven, _ = judge_all(claims, [of(values)])
    assert (seven.verdict, seven.corrected) == ("supported", 1 / 32)
    assert "p = 0.031, corrected for 2 claims (exact sign-flip)" in seven.reason


def test_seeds_on_the_bound_have_no_sign():
    judged = judge(Claim("It gains.", "gain", 0.0, "above"), [of([0.0] * 17 + [0.01] * 3)])
    assert "20 seeds, 3 of which differ from the bound, cannot decide a claim" in judged.reason
    nothing = judge(Claim("It gains.", "gain", 0.0, "above"), [of([0.0] * 20)])
    assert (nothing.verdict, nothing.p, nothing.seeds_needed) == ("undecided", 1.0, None)
    assert nothing.reason.endswith("The mean lies on the bound, and no number of seeds tells it from there.")


def test_equivalence_by_signs_is_one_sided_and_can_be_decided_with_five():
    claim = Claim("They are alike.", "gain", 0.01, "within")
    judged = judge(claim, [of([0.001, -0.001, 0.002, -0.002, 0.0])])
    assert (judged.verdict, judged.p) == ("supported", 1 / 32)
    assert "two one-sided tests, exact sign-flip" in judged.reason
    apart = judge(claim, [of([0.02, 0.021, 0.022, 0.023, 0.024, 0.025])])
    assert (apart.verdict, apart.p) == ("contradicted", 1 / 32)
    assert "The whole interval lies outside ±1 points" in apart.reason


@pytest.mark.parametrize(
    ("direction", "bound", "middle"),
    [
        ("above", 0.0, 0.005),
        ("below", 0.01, 0.005),
        ("within", 0.01, 0.004),
        ("within", 0.01, 0.0),
        ("within", 0.01, 0.016),
    ],
)
def test_the_seeds_needed_decide_four_times_of_five(direction, bound, middle):
    spread = 0.008
    seeds = seeds_to_decide(
        of((middle + spread * stats.zscore(np.arange(10.0), ddof=1)).tolist()), bound, direction, 0.05
    )
    draws = np.random.default_rng(0).normal(middle, spread, (250, seeds)).tolist()
    verdicts = [judge(Claim("So it is.", "gain", bound, direction), [of(draw)]).verdict for draw in draws]
    decided = np.mean([verdict != "undecided" for verdict in verdicts])
    assert 0.72 <= decided <= 0.95


@pytest.mark.parametrize(
    ("bound", "direction", "said"),
    [
        (0.0, "within", "above 0"),
        (-0.1, "within", "above 0"),
        (0.0, "beside", "'within'"),
        (math.nan, "above", "bound"),
    ],
)
def test_a_claim_that_is_none_is_refused(bound, direction, said):
    with pytest.raises(InvalidInput, match=said):
        Claim("It gains.", "gain", bound, direction)


def test_a_missing_estimate_decides_nothing_and_names_the_nearest():
    judgement = judge(Claim("It gains.", "gains", 0.0, "above"), [gain(0.1, 0.2)])
    assert judgement.verdict == "undecided"
    assert judgement.estimate is None
    assert "no estimate gains: did you mean gain?" in judgement.reason
    assert judge(Claim("It gains.", "gain", 0.0, "above"), []).verdict == "undecided"


def test_one_seed_decides_nothing():
    judgement = judge(Claim("It gains.", "gain", 0.0, "above"), [Estimate("gain", 0.5, None, None, 1, "", "points")])
    assert judgement.verdict == "undecided"
    assert "One seed" in judgement.reason


def test_json_form():
    judgement = judge(Claim("It gains.", "gain", 0.0, "above", "a ceiling"), [gain(0.1, 0.2)])
    assert judgement.to_json() == {
        "statement": "It gains.",
        "estimate": "gain",
        "bound": 0.0,
        "direction": "above",
        "verdict": "supported",
        "reason": judgement.reason,
        "reading": "a ceiling",
        "p": judgement.p,
        "p_corrected": judgement.p,
        "seeds_needed": None,
        "late": False,
    }
    assert judgement.reason.startswith("The whole interval lies above 0 points, and p < 0.0001 (Student's t")
