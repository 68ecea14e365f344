"""Models with batch normalization, dropout and frozen layers: a run in a stack is the run of a plain loop."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.cnn import CNN
from lightning_modules.models.frozen import Frozen
from lightning_modules.models.mlp import MLP
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.models.pretrained import Pretrained
from lightning_modules.models.resnet import ResNet
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.stacked import stacked
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst

models = {
    "ResNet": ResNet((2, 3)),
    "CNN": CNN((3, 4), pooling="average", global_average=True, normalization=BatchNormalization(0.3), dropout=0.25),
    "residual MLP": MLP((6, 6, 6), residual=True, dropout=0.5),
    "MLP without connections": MLP((6, 5), drop_connect=0.2),
    "MLP of a frozen layer": Frozen(MLP((6, 6), dropout=0.1), 2),
}


def runs_of(model, count=3):
    data = Digits() if isinstance(model, ResNet | CNN) else Moons(230)
    first = Recipe(data=data, model=model, optimizer=SGD(0.05, 0.9), batch_size=200, epochs=2)
    others = replace(first, initializer=GlorotUniform(), optimizer=SGD(0.1))
    return [Run([first, others][i % 2], Seeds(i, i + 5, i % 2)) for i in range(count)]


def assert_equals_plain_loop(runs):
    for run, result in zip(runs, fit(runs, precision="64-true"), strict=True):
        plain = plain_loop(run)
        last = result.snapshots[-1]
        assert worst(last.weights, plain.weights[last.step]) < 1e-9
        np.testing.assert_allclose(result.train_loss, plain.train_loss, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", models.values(), ids=list(models))
def test_a_run_in_a_stack_is_the_run_of_a_plain_loop(model):
    assert_equals_plain_loop(runs_of(model))


@pytest.mark.parametrize(
    ("model", "rate", "changed"),
    [
        (MLP((6, 5)), "dropout", 0.2),
        (MLP((6, 5)), "drop_connect", 0.4),
        (CNN((3,)), "dropout", 0.6),
    ],
    ids=["dropout", "DropConnect", "CNN"],
)
def test_rates_may_differ_within_a_stack_and_their_presence_may_not(model, rate, changed):
    first, second = (replace(model, **{rate: value}) for value in (0.5, changed))
    assert first.graph == second.graph
    assert Frozen(first).graph == Frozen(second).graph
    assert model.graph == model
    assert first.graph != model.graph
    runs = [runs_of(first)[0], runs_of(second)[1]]
    assert runs[0].recipe.shape == runs[1].recipe.shape
    assert_equals_plain_loop(runs)


@pytest.mark.parametrize("model", [models["ResNet"], models["CNN"]], ids=["ResNet", "CNN"])
def test_batch_normalization_and_dropout_stay_on_the_fast_path(model):
    assert isinstance(stacked(model.build((1, 8, 8), 10), CrossEntropy(), (1, 8, 8)), Chain)


def test_a_frozen_layer_keeps_the_weights_of_the_file(tmp_path):
    weights = {name: each.detach().numpy() + 1 for name, each in MLP((6,)).build((2,), 2).named_parameters()}
    np.savez(tmp_path / "mine.npz", **weights)
    pretrained = Pretrained(MLP((6,)), str(tmp_path / "mine.npz"))
    assert pretrained.graph == pretrained
    runs = runs_of(Frozen(pretrained))
    assert_equals_plain_loop(runs)
    module = runs[0].recipe.model.build((2,), 2)
    assert isinstance(module, nn.Sequential)
    torch.testing.assert_close(module[1].weight, torch.from_numpy(weights["1.weight"]), rtol=0, atol=0)
    for result in fit(runs):
        assert (result.snapshots[-1].weights["3.weight"] != weights["3.weight"]).all()
