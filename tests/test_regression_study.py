"""Studies of regression and of two classes, from the search through the store to the report."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.findings import find
from analysis.report import write_report
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.slices import random_line, random_plane
from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.split import split
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.losses.hinge import Hinge
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.stack_data import StackData
from studies.command.loader import LoadedStudy
from studies.command.train import train_one
from sweeps.claim import Claim
from sweeps.driver import Driver
from sweeps.executors.in_process import InProcess
from sweeps.executors.placement import anywhere
from sweeps.lock import locked
from sweeps.mirror import search_trial
from sweeps.paths import StudyPaths
from sweeps.study import Budget, Study
from sweeps.tracker import NoTracker
from sweeps.watcher import Watcher
from tests.test_report import Page

budgets = {"default": Budget(trials=6, search_seeds=[0, 1], report_seeds=[5, 6, 7], epochs=6)}


def progression(suggest):
    rate = suggest.choice("learning_rate", [1e-4, 1e-3, 1e9])
    return Recipe(
        data=Diabetes(),
        model=MLP((8,)),
        optimizer=SGD(rate, momentum=0.9),
        schedule=suggest.choice("schedule", [Constant(), CyclicCosine(3)]),
        loss=SquaredError(),
        epochs=suggest.budget.epochs,
    )


def tumours(suggest):
    return Recipe(
        data=BreastCancer(),
        model=MLP(()),
        optimizer=SGD(suggest.log("learning_rate", 0.01, 0.5)),
        schedule=CyclicCosine(3),
        loss=suggest.choice("loss", [BinaryCrossEntropy(), Hinge()]),
        epochs=suggest.budget.epochs,
    )


regression = Study(
    question="How far can the course of diabetes be told?",
    recipe=progression,
    group_by=["schedule"],
    budgets=budgets,
    metric="validation_rmse",
    claims=[
        Claim("Better than the mean.", "test_rmse[winner]", 76.0, "below"),
        Claim("Averages help.", "ensemble_gain_rmse[schedule=cyclic cosine]", 0.0, "above"),
    ],
)
binary = Study(question="Does the likelihood matter?", recipe=tumours, group_by=["loss"], budgets=budgets)


def run(folder, study):
    paths = StudyPaths(folder / "it")
    with locked(paths), InProcess() as executor:
        Driver("it", Path("it.py"), study, "default", paths, executor, NoTracker(), Watcher()).run()
    return paths


def table(paths, name):
    return list(csv.DictReader((paths.report / "tables" / f"{name}.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory):
    paths = run(tmp_path_factory.mktemp("regression"), regression)
    write_report(paths)
    return paths


@pytest.fixture(scope="module")
def cancer(tmp_path_factory):
    paths = run(tmp_path_factory.mktemp("binary"), binary)
    write_report(paths)
    return paths


def test_records_hold_errors_and_means(diabetes):
    results = StudyResults.open(diabetes)
    for confirmed in results.confirmed:
        for record in confirmed.records.values():
            assert set(record.metrics) == {"validation_rmse", "validation_loss", "train_loss", "test_rmse", "test_loss"}
            predictions = record.predictions()
            residuals = predictions["test"][-1].astype(float) - predictions["test_targets"]
            assert predictions["test"].shape[2] == 1
            assert record.metrics["test_rmse"] == pytest.approx(np.sqrt(np.mean(residuals**2)))
            assert record.metrics["test_loss"] == pytest.approx(np.mean(residuals**2) / 2)
            curve = record.curves()["validation_rmse"]
            assert curve[-1] == pytest.approx(record.metrics["validation_rmse"])
            np.testing.assert_allclose(curve**2 / 2, record.curves()["validation_loss"], rtol=1e-4)


def test_the_smallest_error_wins_and_divergence_never_does(diabetes):
    results = StudyResults.open(diabetes)
    lost = [trial for trial in results.trials if trial.recipe.optimizer.learning_rate == 1e9]
    kept = [trial for trial in results.trials if trial not in lost]
    assert lost, "choose another search seed: the test is about divergence"
    assert results.winners["winner"].recipe == min(kept, key=lambda trial: trial.value).recipe
    assert all(trial.value <= min(each.value for each in lost) for trial in kept)
    rows = table(diabetes, "trials")
    values = [float(row["validation_rmse"]) for row in rows]
    assert values == sorted(values)


def test_the_report_of_regression_speaks_of_errors(diabetes):
    page = Page((diabetes.report / "index.html").read_text())
    text = page.text
    assert "accuracy" not in text.lower()
    assert "accurac" not in json.dumps(page.elements).lower()
    assert "guessing" not in text
    assert "nats" not in text
    findings = find(StudyResults.open(diabetes))
    best, second = findings.ranking
    assert best.estimate.value < second.estimate.value
    assert f"its test RMSE is {best.estimate}" in text
    assert f"its RMSE minus that of the runner-up, {second.key.partition('=')[2]}, is −" in text
    assert "below zero is better" in text
    assert "RMSE of the last minus RMSE of the average" in text
    names = {path.stem for path in (diabetes.report / "figures").glob("*.png")}
    assert names == {
        "search",
        "test_rmse_schedule",
        "training",
        "ensemble_gain",
        "loss_plane",
        "loss_surface",
        "loss_line",
    }
    tables = {path.stem for path in (diabetes.report / "tables").glob("*.csv")}
    assert tables == {"test_rmse", "differences", "ensembles", "trials", "seeds", "estimates", "recipes"}
    for row in table(diabetes, "differences"):
        assert float(row["difference"]) < 0, "the better stands first"


def test_the_estimates_of_regression_are_those_of_the_predictions(diabetes):
    results = StudyResults.open(diabetes)
    written = json.loads((diabetes.report / "results.json").read_text())
    estimates = {each["name"]: each for each in written["estimates"]}
    groups = results.groups("schedule")
    by_seed, gains = {}, []
    for key, confirmed in groups.items():
        for seed, record in confirmed.records.items():
            predictions = record.predictions()
            members, targets = predictions["test"].astype(float), predictions["test_targets"]
            by_seed[key, seed] = np.sqrt(np.mean((members[-1] - targets) ** 2))
            if len(members) > 1:
                gains.append(by_seed[key, seed] - np.sqrt(np.mean((members.mean(axis=0) - targets) ** 2)))
    first, second = groups
    for key in groups:
        assert estimates[f"test_rmse[{key}]"]["value"] == pytest.approx(np.mean([by_seed[key, s] for s in (5, 6, 7)]))
    difference = estimates[f"test_rmse_difference[{first} - {second}]"]["value"]
    assert difference == pytest.approx(np.mean([by_seed[first, s] - by_seed[second, s] for s in (5, 6, 7)]))
    assert estimates["ensemble_gain_rmse[schedule=cyclic cosine]"]["value"] == pytest.approx(np.mean(gains))
    assert not [name for name in estimates if "accuracy" in name or "nll" in name]
    better, _ = written["claims"]
    assert better["verdict"] in ("supported", "undecided")


def test_a_diverged_run_of_regression_counts_as_the_deviation_of_its_test_targets(tmp_path):
    def steep(suggest):
        return replace(progression(suggest), optimizer=SGD(1e9))

    paths = run(tmp_path, replace(regression, recipe=steep, claims=()))
    write_report(paths)
    findings = find(StudyResults.open(paths))
    assert findings.scores["winner"].estimate.low is None
    for seed, value in findings.scores["winner"].by_seed.items():
        dataset = Diabetes().load()
        assert value == pytest.approx(dataset.targets[split(dataset, seed).test].std(), rel=1e-5)
    text = Page((paths.report / "index.html").read_text()).text
    assert "they count as predicting the mean of the targets in the RMSEs" in text
    assert "guessing" not in text


def test_the_surface_of_regression_has_losses_only(diabetes):
    record = StudyResults.open(diabetes).winners["winner"].records[5]
    last = record.snapshots()[-1]
    surface = training_surface(record.recipe, record.seeds, last)
    origin = surface.row(last)
    values = surface.at(origin, origin[None], torch.zeros(1, 1))
    assert values.accuracies is None
    data = StackData.of(record.recipe.data, record.recipe.preprocessing, [record.seeds], torch.float32)
    inputs, targets = (each[0] for each in data.take(data.rows["train"]))
    model = record.recipe.model.build((10,), 1)
    model.load_state_dict({name: torch.from_numpy(each) for name, each in record.snapshots()[-1].items()})
    with torch.no_grad():
        assert values.losses[0] == pytest.approx((model(inputs) - targets).square().mean().item() / 2, rel=1e-5)
    assert random_line(surface, origin, seed=0, points=3).accuracies is None
    assert random_plane(surface, origin, seed=0, points=3).accuracies is None


def test_one_run_of_regression_is_told_epoch_by_epoch(diabetes):
    lines = list(train_one(LoadedStudy("it", Path("it.py"), regression), "default", diabetes, 3, None, anywhere))
    assert lines[1] == "epoch  train loss  validation loss  validation RMSE"
    record = StudyResults.open(diabetes).winners["winner"].recipe
    assert record.hash in lines[0], "the best is that of the smallest error"
    assert any(line.startswith("test RMSE ") for line in lines)
    assert {len(line) for line in lines[1:8]} == {len(lines[1])}


def test_the_mirror_of_a_trial_of_regression_tells_errors(diabetes):
    trial = StudyResults.open(diabetes).trials[0]
    rows = search_trial("it", 0, list(trial.records.values()), trial.value).tables["seeds"]
    assert set(rows[0]) == {
        "init",
        "order",
        "split",
        "validation_rmse",
        "validation_loss",
        "train_loss",
        "diverged_step",
    }


def test_variances_go_through_to_the_report(tmp_path):
    def noisy(suggest):
        optimizer = Clipped(SGD(0.01, momentum=0.9), norm=1.0)
        return replace(progression(suggest), loss=HeteroscedasticGaussianNLL(), optimizer=optimizer)

    paths = run(tmp_path, replace(regression, recipe=noisy, metric="validation_loss", claims=()))
    write_report(paths)
    (record, *_) = StudyResults.open(paths).winners["winner"].records.values()
    predictions = record.predictions()
    mean, variance = np.split(predictions["test"][-1].astype(float), 2, axis=1)
    targets = predictions["test_targets"]
    nll = np.mean((mean - targets) ** 2 / variance + np.log(2 * np.pi * variance)) / 2
    assert record.metrics["test_loss"] == pytest.approx(nll, rel=1e-5)
    assert record.metrics["test_rmse"] == pytest.approx(np.sqrt(np.mean((mean - targets) ** 2)))
    assert "nats" in Page((paths.report / "index.html").read_text()).text


def test_a_study_of_two_classes_compares_losses_by_accuracy(cancer):
    findings = find(StudyResults.open(cancer))
    assert {key for key in findings.scores if key.startswith("loss=")} == {"loss=binary cross entropy", "loss=hinge"}
    for score in findings.scores.values():
        assert score.estimate.value > 0.9
    text = Page((cancer.report / "index.html").read_text()).text
    assert "its test accuracy is" in text
    assert "guessing" in text
    names = {estimate.name for estimate in findings.estimates}
    assert "ensemble_gain_accuracy[loss=hinge]" in names
    assert "ensemble_gain_nll[loss=binary cross entropy]" in names
    assert "ensemble_gain_nll[loss=hinge]" not in names, "decisions have no likelihood"
    rows = table(cancer, "ensembles")
    assert {(row["group"] == "loss=hinge", row["gain_nll"] == "") for row in rows if "loss" in row["group"]} == {
        (True, True),
        (False, False),
    }
    hinge = findings.scores["loss=hinge"]
    record = StudyResults.open(cancer).groups("loss")["loss=hinge"].records[5]
    predictions = record.predictions()
    assert set(np.unique(predictions["test"])) == {0, 1}
    assert hinge.by_seed[5] == (predictions["test"][-1].argmax(1) == predictions["test_targets"]).mean()


def test_data_of_another_task_and_mixed_tasks_are_refused_before_they_are_searched(tmp_path):
    wrong = replace(regression, recipe=lambda suggest: replace(progression(suggest), loss=CrossEntropy()))
    with pytest.raises(InvalidInput, match=r"metric is validation_rmse, and the loss CrossEntropy"):
        run(tmp_path / "metric", wrong)
    with pytest.raises(InvalidInput, match=r"The loss CrossEntropy is for classification, and the data set is for"):
        run(tmp_path / "data", replace(wrong, metric="validation_accuracy"))

    def mixed(suggest):
        recipe = progression(suggest)
        return replace(recipe, data=BreastCancer(), loss=Hinge()) if suggest.choice("hinge", [0, 1]) else recipe

    with pytest.raises(InvalidInput, match=r"Trial \d is for \w+ and trial 0 for \w+, which have no score in common"):
        run(tmp_path / "mixed", replace(regression, recipe=mixed, metric="validation_loss", group_by=(), claims=()))


def test_a_run_of_regression_is_found_again(diabetes):
    results = StudyResults.open(diabetes)
    recipe = results.winners["winner"].recipe
    record = results.winners["winner"].records[6]
    assert record.run == Run(recipe, Seeds.all(6))
    assert record.score.name == "rmse"
