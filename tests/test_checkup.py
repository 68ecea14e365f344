"""The recipe of seven steps: its tolerances by simulation, its parts against closed forms, and the verb."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from analysis.checkup.curves import Curves, moving_average
from analysis.checkup.diagnosis import InputScale, diagnoses
from analysis.checkup.initial_loss import expected_loss, initial_loss, tolerance_of
from analysis.checkup.overfit import Overfit
from analysis.checkup.rate_range import RateRange, stability_limits
from analysis.checkup.training import has_decay, trained, tuned, without_dropout
from analysis.checkup.units import dead_and_saturated
from analysis.checkup.verdicts import of_initial
from lightning_modules.activations.tanh import Tanh
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.digits import Digits
from lightning_modules.data.identity import Identity
from lightning_modules.data.moons import Moons
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.lecun_uniform import LecunUniform
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.with_bias import WithBias
from lightning_modules.initializers.zero import Zero
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from tests.test_cli import atlas

digits = Recipe(data=Digits(), model=MLP(widths=(32,)), optimizer=SGD(0.1, momentum=0.9), epochs=2)


def log_of_sum(variance, classes):
    """E log Σ exp z of independent normal z: ∫ (exp(-t) - E[exp(-t e^z)]^C) dt / t, by Frullani."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    t = np.exp(np.linspace(-40, 8, 4001))
    transform = np.exp(-t[:, None] * np.exp(math.sqrt(variance) * nodes)) @ weights / weights.sum()
    return np.trapezoid(np.exp(-t) - transform**classes, np.log(t))


@pytest.mark.parametrize("variance", [0.01, 1.0, 2.0], ids=str)
def test_the_expected_cross_entropy_is_that_of_normal_outputs(variance):
    hidden, classes = torch.ones(2000, 16), 10
    shape, targets = (classes, 16), torch.randint(0, classes, (2000,), generator=torch.Generator().manual_seed(0))
    found = expected_loss(CrossEntropy(), Normal(math.sqrt(variance / 16)), shape, hidden, targets)
    assert found == pytest.approx(log_of_sum(variance, classes), abs=0.01)
    if variance < 0.1:
        assert found == pytest.approx(math.log(classes) + variance * (1 - 1 / classes) / 2, abs=1e-3)
    squared = expected_loss(SquaredError(), Normal(math.sqrt(variance / 16)), shape, hidden, torch.ones(2000, classes))
    one = SquaredError().values(torch.zeros(1, classes), torch.ones(1, classes))
    assert squared == pytest.approx(float(one) * (1 + variance), rel=0.02)


@pytest.mark.parametrize("initializer", [HeNormal(), Normal(0.01), LecunUniform()], ids=["he", "normal", "uniform"])
def test_the_loss_of_other_draws_stays_within_the_tolerance(initializer):
    draw = torch.Generator().manual_seed(1)
    hidden = torch.randn(200, 32, generator=draw).relu()
    targets = torch.randint(0, 10, (200,), generator=draw)
    expected = expected_loss(CrossEntropy(), initializer, (10, 32), hidden, targets)
    off, bounds = [], []
    torch.manual_seed(2)
    for _ in range(300):
        last = nn.Linear(32, 10)
        with torch.no_grad():
            initializer.fill(last.weight)
            last.bias.zero_()
            off.append(float(CrossEntropy().values(last(hidden), targets).mean()) - expected)
        bounds.append(tolerance_of(CrossEntropy(), initializer.variance((10, 32)), last, hidden, targets))
    assert np.mean(np.abs(off) > bounds) < 0.01
    assert abs(np.mean(off)) < 4 * np.std(off) / math.sqrt(300) + 1e-3
    # Not so wide that it would let anything pass: within a few of the deviations that there are.
    assert np.std(off) > np.mean(bounds) / 4 / 3


def test_the_first_loss_tells_logarithm_of_classes_from_inputs_that_are_not_scaled():
    zero = initial_loss(Run(replace(digits, initializer=Zero()), Seeds.all(0)))
    assert zero.observed == pytest.approx(math.log(10), abs=1e-5)
    assert of_initial([zero]).green
    standard, raw = (
        [initial_loss(Run(replace(digits, preprocessing=each), Seeds.all(seed))) for seed in range(3)]
        for each in (digits.preprocessing, Identity())
    )
    assert of_initial(standard).green
    assert not of_initial(raw).green
    assert "times what unit inputs give" in of_initial(raw).reason


def test_the_limit_of_a_quadratic_is_the_exact_one_and_descent_fails_beyond_it():
    recipe = Recipe(
        data=Diabetes(), model=MLP(widths=()), loss=SquaredError(), optimizer=SGD(0.1, momentum=0.5),
        initializer=Zero(), batch_size=1000, epochs=200,
    )  # fmt: skip
    (limit,) = stability_limits(recipe, [0])
    below, above = (Run(tuned(recipe, limit * factor), Seeds.all(0)) for factor in (0.9, 1.1))
    results = trained([below, above])
    assert results[below].train_loss[-1] < results[below].train_loss[0]
    assert not results[above].train_loss[-1] < 10 * results[above].train_loss[0]


def test_a_range_of_rates_knows_its_best_and_from_where_on_it_fails():
    losses = np.array([[2.2, 2.2], [1.0, 1.2], [0.5, 0.4], [2.3, 0.9], [np.nan, 2.4]])
    found = RateRange(np.array([1e-3, 1e-2, 1e-1, 1.0, 10.0]), 100, np.array([2.5, 2.5]), math.log(10), losses)
    assert found.best == 0.1
    assert found.failed.tolist() == [[True, True], [False, False], [False, False], [True, False], [True, True]]
    assert found.limits.tolist() == [1.0, 10.0]
    assert found.ended[4].tolist() == [2.5, 2.4]
    assert np.isnan(replace(found, losses=losses[:3], rates=found.rates[:3]).limits).all()


def test_a_moving_average_is_a_convolution():
    values = np.random.default_rng(0).normal(size=(2, 30))
    expected = [np.convolve(row, np.ones(7) / 7, mode="valid") for row in values]
    assert moving_average(values, 7) == pytest.approx(np.array(expected))


def test_rates_and_decays_are_those_of_the_innermost_optimizer():
    wrapped = replace(digits, optimizer=Clipped(SGD(0.1, weight_decay=1e-3), norm=1.0))
    assert tuned(wrapped, 0.2, 1e-4).optimizer == Clipped(SGD(0.2, weight_decay=1e-4), norm=1.0)
    assert has_decay(wrapped)
    dropped = replace(wrapped, model=MLP(widths=(8,), dropout=0.5))
    assert without_dropout(dropped).model == MLP(widths=(8,))
    assert without_dropout(dropped).optimizer.optimizer.weight_decay == 0
    assert np.isnan(stability_limits(replace(digits, optimizer=Adam(1e-3)), [0])).all()


def test_units_that_nothing_moves_are_dead_and_flat_ones_saturated():
    base = Recipe(data=Moons(examples=100), model=MLP(widths=(8,)), optimizer=SGD(1e-9), epochs=1)
    off = replace(base, initializer=WithBias(HeNormal(), -100.0))
    stuck = replace(off, model=MLP(widths=(8,), activation=Tanh()))
    results = trained([Run(each, Seeds.all(0)) for each in (base, off, stuck)])
    found = {run.recipe: dead_and_saturated(result) for run, result in results.items()}
    assert found[base][0] < 1
    assert found[off] == (1.0, 0.0)
    assert found[stuck] == (1.0, 1.0)


def curves(**changes):
    flat = np.full((2, 4), 0.1)
    given = Curves(digits, 1, flat, flat, np.full((2, 4), 0.95), np.full(2, 0.95), np.full(2, 0.99), 0, 0, 0)
    return replace(given, **changes)


@pytest.mark.parametrize(
    ("given", "scale", "words"),
    [
        (curves(), InputScale(1, 0), ()),
        (curves(), InputScale(100, 0), ("Data not normalised",)),
        (
            curves(train_scores=np.full(2, 0.6), validation_score=np.full((2, 4), 0.6)),
            InputScale(1, 0),
            ("Underfitting",),
        ),
        (curves(validation_score=np.full((2, 4), 0.8)), InputScale(1, 0), ("Overfitting",)),
        (curves(validation_loss=np.array([[3.0, 1.0, 1.5]] * 2)), InputScale(1, 0), ("Overfitting", "1.50 times")),
        (curves(recipe=tuned(digits, 1e-3)), InputScale(1, 0), ("Learning rate too low",)),
        (curves(recipe=tuned(digits, 1.0)), InputScale(1, 0), ("Learning rate too high",)),
        (curves(diverged=2), InputScale(1, 0), ("Learning rate too high", "2 of 2 runs diverged")),
        (curves(dead=0.5), InputScale(1, 0), ("Dead units",)),
        (curves(saturated=0.9), InputScale(1, 0), ("Saturated units",)),
    ],
    ids=["well", "inputs", "under", "gap", "risen", "low", "high", "diverged", "dead", "saturated"],
)
def test_each_ailment_is_named(given, scale, words):
    learned = Overfit(320, 0.1, np.ones((2, 10)), np.zeros(2), np.ones(2))
    rates = RateRange(
        np.array([0.01, 0.1, 1.0]), 100, np.full(2, 2.5), 2.3, np.array([[1.0, 1.0], [0.5, 0.5], [2.5, 2.5]])
    )
    found = " ".join(diagnoses(given, scale, learned, rates))
    assert all(word in found for word in words)
    assert bool(found) == bool(words)


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', '{"budget_name": "default", "trials": [3]}'])
def test_a_damaged_study_is_a_sentence(capsys, monkeypatch, tmp_path, content):
    (tmp_path / "smoke").mkdir()
    (tmp_path / "smoke" / "study.json").write_text(content)
    status, _, errors = atlas(capsys, monkeypatch, "checkup", "smoke", "--store", tmp_path)
    assert (status, errors.count("\n")) == (2, 1)
    assert "study.json is not what a driver writes" in errors


def test_the_verb_checks_a_study_that_has_not_run(capsys, monkeypatch, tmp_path):
    words = ("checkup", "smoke", "--store", tmp_path, "--seeds", 1, "--effort", 1)
    status, output, errors = atlas(capsys, monkeypatch, *words)
    assert status == 0, errors
    assert [line.split()[0] for line in output.splitlines()[1:8]] == list("1234567")
    told = json.loads((tmp_path / "smoke" / "landscape" / "checkup.json").read_text())
    assert len(told["found"]) == 7
    assert (tmp_path / "smoke" / "landscape" / "checkup.png").is_file()
    named = {each["name"]: each for each in told["estimates"]}
    assert named["initial_loss[observed - log C]"]["value"] is not None
    # A share of seeds, which one seed cannot put at exactly 0 or 1.
    share = named["initial_loss_within_tolerance"]
    assert (share["n"], share["high"] - share["low"]) == (1, pytest.approx(0.7935, abs=1e-3))
    assert told["study_sha256"] is None
