import pytest

from analysis.claims import judge
from analysis.estimate import Estimate
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


def test_the_bound_is_named_in_the_estimates_unit():
    claim = Claim("It is good.", "gain", 0.99, "above")
    assert judge(claim, [gain(0.95, 0.97, "fraction")]).reason == "The whole interval lies below 99 %."
    assert judge(claim, [gain(0.95, 0.97, "nats")]).reason == "The whole interval lies below 0.99 nats."
    assert judge(claim, [gain(0.95, 1.0, "points")]).reason == "The interval reaches across 99 points."


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
    judgement = judge(Claim("It gains.", "gain", 0.0, "above"), [gain(0.1, 0.2)])
    assert judgement.to_json() == {
        "statement": "It gains.",
        "estimate": "gain",
        "bound": 0.0,
        "direction": "above",
        "verdict": "supported",
        "reason": "The whole interval lies above 0 points.",
    }
