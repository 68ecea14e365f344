import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import Estimate, t_interval
from analysis.labels import labels, quoted
from analysis.results import StudyResults
from analysis.scores import paired_difference, test_score
from lightning_modules.errors import InvalidInput
from tests.stores import TinyStudy, constant, cosine, cyclic, diverging, report_seeds, write_study


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_interval_is_scipys(values):
    estimate = t_interval(values, "a", "seeds", "target")
    error = stats.sem(values)
    assert estimate.value == pytest.approx(np.mean(values), abs=1e-12)
    if error == 0:
        assert estimate.low == estimate.high == estimate.value
    else:
        low, high = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=error)
        assert (estimate.low, estimate.high) == pytest.approx((low, high), rel=1e-9, abs=1e-9)
    assert estimate.n == len(values)


def test_interval_covers_the_truth_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(3.0, 2.0, size=(4000, 5))
    intervals = [t_interval(draw, "a", "seeds", "target") for draw in draws]
    covered = np.mean([each.low < 3.0 < each.high for each in intervals])
    assert covered == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 4000))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_an_interval_of_fractions_ends_where_fractions_do(values):
    free, bound = (t_interval(values, "a", "seeds", unit) for unit in ("target", "fraction"))
    assert (bound.low, bound.high) == (max(free.low, 0), min(free.high, 1))
    assert t_interval([0.0, 1.0], "a", "seeds", "points").high > 1  # a difference is no fraction


def test_a_single_seed_has_no_interval():
    estimate = t_interval([0.9], "a", "one seed")
    assert estimate.to_json() == {
        "name": "a",
        "value": 0.9,
        "low": None,
        "high": None,
        "n": 1,
        "over": "one seed",
        "method": "Student's t",
    }
    assert str(estimate) == "90.0 % (n = 1 seed)"


@pytest.mark.parametrize("values", [[], [0.5, math.nan], [math.inf, 0.5]])
def test_what_is_not_finite_is_refused_not_dropped(values):
    with pytest.raises(InvalidInput, match="estimate accuracy"):
        t_interval(values, "accuracy", "seeds")


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate("a", 0.973, 0.970, 0.976, 20, "seeds"), "97.30 % [97.00, 97.60] (n = 20 seeds)"),
        (Estimate("a", 0.97312, 0.97290, 0.97334, 20, "seeds"), "97.312 % [97.290, 97.334] (n = 20 seeds)"),
        (Estimate("a", 0.004, -0.001, 0.009, 5, "seeds", "points"), "+0.40 points [−0.10, +0.90] (n = 5 seeds)"),
        (Estimate("a", -0.00002, -0.0012, 0.00116, 5, "", "points"), "0.00 points [−0.12, +0.12] (n = 5 seeds)"),
        (Estimate("a", 0.012, 0.008, 0.016, 9, "seeds", "nats"), "+0.0120 nats [+0.0080, +0.0160] (n = 9 seeds)"),
        (Estimate("a", 0.0, 0.0, 0.0, 9, "seeds", "points"), "0.0 points [0.0, 0.0] (n = 9 seeds)"),
    ],
)
def test_printed_form(estimate, text):
    assert str(estimate) == text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("cyclic cosine", "cyclic cosine"),
        ("16", "“16”"),
        ("without classes, 16", "“without classes, 16”"),
        ("−1e-3", "“−1e-3”"),
        ("", "“”"),
    ],
)
def test_a_name_that_could_be_taken_for_a_number_or_a_list_is_quoted_in_a_sentence(name, told):
    assert quoted(name) == told


def test_labels_list_only_what_differs():
    found = labels([constant, cosine, cyclic])
    assert found[constant] == "constant, learning rate 0.1"
    assert found[cyclic] == "cyclic cosine, learning rate 0.2"
    assert labels([cosine])[cosine].startswith("MLP(")


@pytest.fixture(scope="module")
def with_divergence(tmp_path_factory):
    confirmed = (*TinyStudy().confirmed, (diverging, ("winner 2",)))
    return StudyResults.open(write_study(tmp_path_factory.mktemp("store"), TinyStudy().but(confirmed=confirmed)))


def test_accuracy_is_that_of_the_stored_predictions(with_divergence):
    for key, confirmed in with_divergence.groups("schedule").items():
        by_hand = []
        for seed in report_seeds:
            predictions = confirmed.records[seed].predictions()
            by_hand.append(np.mean(predictions["test"][-1].argmax(axis=1) == predictions["test_targets"]))
        accuracy = test_score(confirmed, key)
        assert list(accuracy.by_seed.values()) == pytest.approx(by_hand, abs=1e-12)
        assert accuracy.estimate.value == pytest.approx(np.mean(by_hand))
        assert accuracy.deviation == pytest.approx(np.std(by_hand, ddof=1))
        p = np.mean(by_hand)
        assert accuracy.floor == pytest.approx(math.sqrt(p * (1 - p) / 40))
        assert accuracy.diverged == ()


def test_a_diverged_run_counts_as_guessing_and_is_flagged(with_divergence):
    accuracy = test_score(with_divergence.winners["winner 2"], "winner 2")
    assert accuracy.by_seed == dict.fromkeys(report_seeds, 0.5)
    assert accuracy.diverged == report_seeds
    assert "3 diverged and count as guessing, 50.0% right" in accuracy.estimate.over
    assert accuracy.floor is None


def test_paired_difference_is_scipys(with_divergence):
    groups = with_divergence.groups("schedule")
    first, second = (test_score(groups[key], key) for key in ("schedule=cosine", "schedule=constant"))
    difference = paired_difference(first, second)
    assert difference.name == "test_accuracy_difference[schedule=cosine - schedule=constant]"
    paired = stats.ttest_rel(list(first.by_seed.values()), list(second.by_seed.values()))
    interval = paired.confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high))
    assert difference.n == len(report_seeds)


def test_results_hold_the_records_of_their_own_seeds(with_divergence):
    assert [trial.recipe for trial in with_divergence.trials] == [constant, cosine, cyclic, diverging]
    for trial in with_divergence.trials:
        assert list(trial.records) == [0, 1]
        assert {record.recipe for record in trial.records.values()} == {trial.recipe}
    assert with_divergence.winners["winner"].recipe == cosine
    assert list(with_divergence.winners["winner"].records) == list(report_seeds)


def test_a_store_without_a_study_is_refused(tmp_path):
    from sweeps.paths import StudyPaths

    with pytest.raises(InvalidInput, match="no study"):
        StudyResults.open(StudyPaths(tmp_path))
