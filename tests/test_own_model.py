"""A user's own module, of whatever form, meets the contract of the stack by way of torch.func."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from lightning_modules.data.digits import Digits
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.model import Model
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.stack.functional import Functional
from lightning_modules.stack.stacked import stacked
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst


class Block(nn.Module):
    """Attention over the rows of an image with a residual, then layer normalization and a tied gate."""

    def __init__(self, side: int, width: int, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Linear(side, width)
        self.place = nn.Parameter(torch.zeros(side, width))
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.scale = nn.Parameter(torch.tensor(0.5))
        self.head = nn.Linear(width, outputs)

    def forward(self, images):
        h = self.embed(images[:, 0]) + self.place
        attention = (self.query(h) @ self.key(h).mT / h.shape[-1] ** 0.5).softmax(dim=-1)
        h = self.norm(h + self.scale * (attention @ h))
        return self.head(torch.nn.functional.gelu(h).mean(dim=1))


@dataclass(frozen=True)
class Attention(Model):
    width: int = 6

    def build(self, shape, outputs):
        return Block(shape[-1], self.width, outputs)


@dataclass(frozen=True)
class Normalized(Model):
    def build(self, shape, outputs):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Linear(8, outputs))


@dataclass(frozen=True)
class SharedActivation(Model):
    """One activation object in three places, as many write it."""

    def build(self, shape, outputs):
        act = nn.Tanh()
        layers = [nn.Linear(64, 8), act, nn.Linear(8, 8), act, nn.Linear(8, outputs), act]
        return nn.Sequential(nn.Flatten(), *layers)


@dataclass(frozen=True)
class TiedWeights(Model):
    """One linear layer applied twice: its gradient is the sum over both places."""

    def build(self, shape, outputs):
        twice = nn.Linear(8, 8)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), twice, nn.ReLU(), twice, nn.Linear(8, outputs))


def runs_of(model, count=5):
    return [
        Run(
            Recipe(
                data=Digits(),
                model=model,
                initializer=[HeNormal(), GlorotUniform()][i % 2],
                optimizer=SGD(0.05 * (1 + i % 3), momentum=[0.0, 0.9][i % 2], weight_decay=1e-3 * i),
                schedule=[Cosine(), CyclicCosine(2)][i % 2],
                batch_size=128,
                epochs=5,
            ),
            Seeds(i, i + 10, i % 2),
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("model", [Attention(), SharedActivation(), TiedWeights()], ids=lambda m: type(m).__name__)
def test_own_model_equals_plain_loop(model):
    runs = runs_of(model)
    loops = [plain_loop(run) for run in runs]
    for order in ([1], [2, 0, 4], [4, 3, 2, 1, 0]):
        for index, result in zip(order, fit([runs[i] for i in order], precision="64-true"), strict=True):
            last = result.snapshots[-1]
            assert worst(last.weights, loops[index].weights[last.step]) < 1e-9
            np.testing.assert_allclose(result.train_loss, loops[index].train_loss, rtol=0, atol=1e-9)
            right = (last.probabilities["test"].argmax(axis=1) == result.targets["test"]).mean()
            assert right == pytest.approx(loops[index].test_accuracy, abs=1e-12)


def test_own_model_in_single_precision():
    for result in fit(runs_of(Attention())):
        plain = plain_loop(result.run, torch.float32)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-4)


@pytest.mark.parametrize("model", [Attention(), TiedWeights()], ids=lambda m: type(m).__name__)
def test_own_model_takes_the_general_path(model):
    module = model.build((1, 8, 8), 10)
    assert isinstance(stacked(module, CrossEntropy(), (1, 8, 8)), Functional)


@dataclass(frozen=True)
class Unfit(Model):
    kind: str

    def build(self, shape, outputs):
        module = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Dropout(0.5 if self.kind == "dropout" else 0.0))
        module[1].bias.requires_grad_(self.kind != "frozen")
        return nn.Sequential(module, nn.Linear(8, outputs))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("dropout", r"layer '0\.2' drops units at random"), ("frozen", r"parameter '0\.1\.bias' is frozen")],
)
def test_what_a_stack_does_not_carry_is_refused_with_a_sentence(kind, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        fit(runs_of(Unfit(kind), count=2))


def test_running_statistics_are_refused_with_a_sentence():
    with pytest.raises(InvalidInput, match=r"buffer '2\.running_mean'.*group or layer normalization"):
        fit(runs_of(Normalized(), count=2))
