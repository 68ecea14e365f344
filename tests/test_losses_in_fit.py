"""Training with every loss: the plain torch loop's weights, the same bits alone as in a stack, by the fast path."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from lightning_modules.data.blobs import Blobs
from lightning_modules.data.breast_cancer import BreastCancer
from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.npz import Npz
from lightning_modules.data.sine import Sine
from lightning_modules.data.wine import Wine
from lightning_modules.losses.binary import BinaryLoss
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.gaussian_nll import GaussianNLL
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.losses.homoscedastic_gaussian_nll import HomoscedasticGaussianNLL
from lightning_modules.losses.loss import Loss
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.score import score_of
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.functional import Functional
from lightning_modules.stack.stacked import stacked
from lightning_modules.training.build import build
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import load
from sweeps.packing import stack_size
from tests.conftest import components, plain_loop, worst

losses = {cls: cls() for cls in components("lightning_modules.losses", Loss)}
losses["label smoothing"] = CrossEntropy(label_smoothing=0.2)
losses["another sigma"] = GaussianNLL(sigma=3.0)
mlp = MLP((6,))
named = pytest.mark.parametrize("loss", losses.values(), ids=repr)


@dataclass(frozen=True)
class Residual(Model):
    """A module that is no chain, so that it takes the general path."""

    def build(self, shape, outputs):
        return Skip(int(np.prod(shape)), outputs)


class Skip(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.hidden, self.last = nn.Linear(inputs, inputs), nn.Linear(inputs, outputs)

    def forward(self, x):
        x = x.flatten(1)
        return self.last(x + torch.tanh(self.hidden(x)))


def data_for(loss):
    if loss.task == "regression":
        return Sine(examples=150, noise=0.1)
    return BreastCancer() if isinstance(loss, BinaryLoss) else Wine()


def runs_of(loss, model=mlp, data=None, rates=(0.05, 0.02, 0.1)):
    return [
        Run(
            Recipe(
                data=data or data_for(loss),
                model=model,
                optimizer=SGD(rate, momentum=0.5, weight_decay=1e-3),
                schedule=CyclicCosine(2),
                loss=loss,
                batch_size=32,
                epochs=4,
            ),
            Seeds(i, i + 10, i % 2),
        )
        for i, rate in enumerate(rates)
    ]


@named
@pytest.mark.parametrize("model", [MLP((6,)), Residual()], ids=["chain", "general"])
def test_training_equals_the_plain_loop(loss, model):
    runs = runs_of(loss, model)
    for result in fit(runs, precision="64-true"):
        stops = [snapshot.step for snapshot in result.snapshots]
        assert len(stops) == 2
        plain = plain_loop(result.run, stops=stops)
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-9)
        for snapshot in result.snapshots:
            assert worst(snapshot.weights, plain.weights[snapshot.step]) < 1e-9
            assert worst(snapshot.predictions, plain.predictions[snapshot.step]) < 1e-9
        found = score_of(loss.task).of(result.snapshots[-1].predictions["validation"], result.targets["validation"])
        assert result.validation_score[-1] == pytest.approx(float(found), rel=1e-6)


@named
def test_a_run_has_the_same_bits_alone_and_in_a_stack(loss):
    # Parts and batches of multiples of 32: a product of matrices with odd sizes depends on where it lies in memory.
    classes = 2 if isinstance(loss, BinaryLoss) else 4
    data = Sine(examples=640, noise=0.1) if loss.task == "regression" else Blobs(640, classes, spread=4.0)
    runs = runs_of(loss, MLP((32,)), data, rates=(0.05, 0.02, 0.1, 0.03, 0.04))
    together = fit(runs, accelerator="cpu")
    for place in (0, 3):
        (alone,) = fit([runs[place]], accelerator="cpu")
        np.testing.assert_array_equal(alone.train_loss, together[place].train_loss)
        np.testing.assert_array_equal(alone.validation_score, together[place].validation_score)
        for mine, other in zip(alone.snapshots, together[place].snapshots, strict=True):
            assert worst(mine.weights, other.weights) == 0
            assert worst(mine.predictions, other.predictions) == 0


@named
def test_heads_are_part_of_the_fast_path_and_of_the_working_set(loss):
    recipe = runs_of(loss)[0].recipe
    dataset = load(recipe.data)
    module = build(recipe.model, loss, dataset.shape, dataset)
    assert isinstance(stacked(module, loss, dataset.shape), Chain)
    module = build(Residual(), loss, dataset.shape, dataset)
    assert isinstance(stacked(module, loss, dataset.shape), Functional)
    assert stack_size(recipe) >= 1


@pytest.mark.parametrize(
    "loss", [SquaredError(), GaussianNLL(2.0), HeteroscedasticGaussianNLL(), HomoscedasticGaussianNLL()], ids=repr
)
def test_several_targets_at_once_equal_the_plain_loop(loss, tmp_path):
    x = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
    np.savez(tmp_path / "two.npz", inputs=x, targets=np.stack([np.sin(x[:, 0]), x[:, 1] * x[:, 2] + 2], axis=1))
    for result in fit(runs_of(loss, data=Npz(str(tmp_path / "two.npz")), rates=(0.003, 0.005)), precision="64-true"):
        plain = plain_loop(result.run)
        last = result.snapshots[-1]
        assert worst(last.weights, plain.weights[last.step]) < 1e-9
        for part, predictions in last.predictions.items():
            np.testing.assert_allclose(predictions, plain.predictions[last.step][part], rtol=1e-6)
        residuals = last.predictions["test"][:, :2] - result.targets["test"]
        rmse = score_of("regression").of(last.predictions["test"], result.targets["test"])
        assert rmse == pytest.approx(np.sqrt(np.mean(residuals**2)))


@dataclass(frozen=True)
class Doubled(CrossEntropy):
    """A loss that computes in double precision whatever it is given."""

    def values(self, outputs, targets):
        return super().values(outputs.double(), targets)

    def mean_and_gradient(self, outputs, targets):
        return Loss.mean_and_gradient(self, outputs, targets)


@dataclass(frozen=True)
class Overwriting(SGD):
    """An optimizer that gives its losses in the same memory at every step."""

    def state(self, weights):
        return {**super().state(weights), "losses": weights.new_zeros(len(weights))}

    def update(self, weights, objective, state, rate, numbers):
        return state["losses"].copy_(super().update(weights, objective, state, rate, numbers))


@pytest.mark.parametrize("model", [MLP((6,)), Residual()], ids=["chain", "general"])
def test_losses_of_another_precision_and_in_memory_of_their_own_are_written_down(model):
    (run,) = runs_of(CrossEntropy(), model, rates=(0.05,))
    (plain,) = fit([run])
    (doubled,) = fit([replace(run, recipe=replace(run.recipe, loss=Doubled()))])
    np.testing.assert_allclose(doubled.train_loss, plain.train_loss, rtol=1e-4)
    optimizer = Overwriting(**vars(run.recipe.optimizer))
    (overwritten,) = fit([replace(run, recipe=replace(run.recipe, optimizer=optimizer))])
    np.testing.assert_array_equal(overwritten.train_loss, plain.train_loss)


def test_a_run_of_regression_diverges_alone():
    steep, calm = runs_of(SquaredError(), data=Diabetes(), rates=(1e6, 1e-4))
    lost, kept = fit([steep, calm])
    (alone,) = fit([calm])
    assert lost.diverged_step is not None
    assert np.isnan(lost.validation_score[-1])
    np.testing.assert_array_equal(kept.validation_score, alone.validation_score)
    assert np.isfinite(kept.validation_score).all()


def test_outputs_that_are_no_numbers_are_no_decisions(monkeypatch):
    """A decision is finite whatever the output is: a run whose last step broke its weights has diverged."""
    (run,) = runs_of(PerceptronCriterion(), rates=(0.05,))
    take = SGD.step

    def broken(self, weights, *rest):
        take(self, weights, *rest)
        broken.steps += 1
        if broken.steps == broken.last:
            weights.fill_(torch.nan)

    broken.steps, broken.last = 0, 4 * 11
    monkeypatch.setattr(SGD, "step", broken)
    (result,) = fit([run])
    assert result.steps_per_epoch * 4 == broken.last
    assert result.diverged_step is not None
    assert [snapshot.step for snapshot in result.snapshots] == [22]
