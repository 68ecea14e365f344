import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import logsumexp
from torchmetrics.functional.classification import multiclass_accuracy

from analysis.ensembles import ensemble_gains, ensemble_scores
from analysis.results import StudyResults
from lightning_modules.losses.cross_entropy import CrossEntropy
from tests.stores import TinyStudy, cyclic, diverging, write_study


@given(st.integers(1, 5), st.integers(1, 12), st.integers(2, 4), st.integers(0, 99))
def test_scores_are_those_of_a_naive_loop(snapshots, examples, classes, seed):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(classes), size=(snapshots, examples)).astype(np.float32)
    targets = generator.integers(classes, size=examples)
    scores = ensemble_scores(probabilities, targets, CrossEntropy())
    assert scores.score.shape == scores.nll.shape == (snapshots,)
    for m in range(1, snapshots + 1):
        last = probabilities[snapshots - m :].astype(np.float64)
        right, nll = 0, 0.0
        for example, target in enumerate(targets):
            right += int(np.mean([member[example] for member in last], axis=0).argmax() == target)
            with np.errstate(divide="ignore"):
                nll -= logsumexp(np.log([member[example, target] for member in last])) - np.log(m)
        assert scores.score[m - 1] == pytest.approx(right / examples)
        assert scores.nll[m - 1] == pytest.approx(nll / examples, rel=1e-6, abs=1e-9)


def test_members_that_are_wrong_in_different_places_gain():
    sure, unsure = [0.9, 0.1], [0.45, 0.55]
    probabilities = np.array([[sure, unsure], [unsure, sure]], dtype=np.float32)
    scores = ensemble_scores(probabilities, np.array([0, 0]), CrossEntropy())
    assert scores.score.tolist() == [0.5, 1.0]
    assert scores.nll == pytest.approx([-(np.log(0.45) + np.log(0.9)) / 2, -np.log(0.675)], rel=1e-6)


def test_a_probability_that_rounds_to_zero_keeps_the_loss_finite():
    scores = ensemble_scores(np.array([[[1.0, 0.0]]], dtype=np.float32), np.array([1]), CrossEntropy())
    assert np.isfinite(scores.nll).all()
    assert scores.nll[0] > 80


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    confirmed = (*TinyStudy().confirmed, (diverging, ("winner 2",)))
    return StudyResults.open(write_study(tmp_path_factory.mktemp("store"), TinyStudy().but(confirmed=confirmed)))


def test_gains_are_paired_within_each_run(results):
    confirmed = results.groups("schedule")["schedule=cyclic cosine"]
    assert confirmed.recipe == cyclic
    gains = ensemble_gains(confirmed, "schedule=cyclic cosine")
    assert [gain.snapshots for gain in gains] == [1, 2, 3]
    assert gains[-1].score.name == "ensemble_gain_accuracy[schedule=cyclic cosine]"
    assert gains[-1].nll.name == "ensemble_gain_nll[schedule=cyclic cosine]"
    assert gains[1].nll.name == "ensemble_gain_nll[schedule=cyclic cosine, last 2]"
    assert gains[0].score.value == gains[0].nll.value == 0
    ensembles, last, nll = [], [], []
    for record in confirmed.records.values():
        predictions = record.predictions()
        probabilities, targets = predictions["test"].astype(np.float64), predictions["test_targets"]
        ensembles.append((probabilities.mean(axis=0).argmax(axis=1) == targets).mean())
        last.append(record.metrics["test_accuracy"])
        chosen = probabilities.mean(axis=0)[np.arange(len(targets)), targets]
        nll.append(record.metrics["test_loss"] + np.log(chosen).mean())
    interval = stats.ttest_rel(ensembles, last).confidence_interval(0.95) if ensembles != last else (0, 0)
    assert (gains[-1].score.low, gains[-1].score.high) == pytest.approx(tuple(interval))
    assert gains[-1].nll.value == pytest.approx(np.mean(nll), abs=1e-7)


def test_accuracy_agrees_with_torchmetrics(results):
    import torch

    record = results.groups("schedule")["schedule=cyclic cosine"].records[100]
    predictions = record.predictions()
    scores = ensemble_scores(predictions["test"], predictions["test_targets"], CrossEntropy())
    mean = torch.from_numpy(predictions["test"]).double().mean(dim=0)
    expected = multiclass_accuracy(mean, torch.from_numpy(predictions["test_targets"]), 2, average="micro")
    assert scores.score[-1] == pytest.approx(float(expected))


def test_one_snapshot_or_no_whole_run_gives_no_gain(results):
    assert ensemble_gains(results.groups("schedule")["schedule=cosine"], "a") == ()
    assert ensemble_gains(results.winners["winner 2"], "a") == ()
