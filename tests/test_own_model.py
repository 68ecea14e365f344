"""A user's own module, of whatever form, meets the contract of the stack by way of torch.func."""

from dataclasses import dataclass, replace

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


def runs_of(model, count=5, epochs=5):
    return [
        Run(
            Recipe(
                data=Digits(),
                model=model,
                initializer=[HeNormal(), GlorotUniform()][i % 2],
                optimizer=SGD(0.05 * (1 + i % 3), momentum=[0.0, 0.9][i % 2], weight_decay=1e-3 * i),
                schedule=[Cosine(), CyclicCosine(2)][i % 2],
                batch_size=128,
                epochs=epochs,
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
            right = (last.predictions["test"].argmax(axis=1) == result.targets["test"]).mean()
            assert right == pytest.approx(loops[index].test_accuracy, abs=1e-12)


def test_own_model_in_single_precision():
    for result in fit(runs_of(Attention())):
        plain = plain_loop(result.run, torch.float32)
        np.testing.assert_allclose(result.validation_loss, plain.validation_loss, rtol=0, atol=1e-4)


@pytest.mark.parametrize("model", [Attention(), TiedWeights()], ids=lambda m: type(m).__name__)
def test_own_model_takes_the_general_path(model):
    module = model.build((1, 8, 8), 10)
    assert isinstance(stacked(module, CrossEntropy(), (1, 8, 8)), Functional)


class Mixed(nn.Module):
    """All that a package never saw at once: torch's attention, group and batch normalization, dropout of every kind."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.groups, self.batch = nn.GroupNorm(2, 4), nn.BatchNorm2d(4)
        self.channels = nn.Dropout2d(0.2)
        self.attention = nn.MultiheadAttention(32, 2, dropout=0.25, batch_first=True)
        self.encoder = nn.TransformerEncoderLayer(32, 2, 16, dropout=0.1, batch_first=True)
        self.head = nn.Linear(32, outputs)
        self.register_buffer("places", torch.arange(8)[:, None] / 8)
        self.head.bias.requires_grad_(False)

    def forward(self, x):
        x = self.channels(torch.relu(self.batch(self.groups(self.conv(x)))))
        rows = x.permute(0, 2, 1, 3).flatten(2) + self.places
        rows = rows + self.attention(rows, rows, rows, need_weights=False)[0]
        return self.head(nn.functional.dropout(self.encoder(rows).mean(dim=1), 0.5, self.training))


@dataclass(frozen=True)
class NeverSeen(Model):
    def build(self, shape, outputs):
        return Mixed(outputs)


@pytest.mark.parametrize("count", [1, 7])
def test_a_module_with_attention_normalization_and_dropout_equals_a_plain_loop(count):
    runs = runs_of(NeverSeen(), count=7, epochs=2)
    loops = [plain_loop(run) for run in runs[:count]]
    for loop, result in zip(loops, fit(runs[:count], precision="64-true"), strict=True):
        last = result.snapshots[-1]
        assert worst(last.weights, loop.weights[last.step]) < 1e-9
        np.testing.assert_allclose(result.train_loss, loop.train_loss, rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.validation_loss, loop.validation_loss, rtol=0, atol=1e-9)
        assert last.weights["batch.num_batches_tracked"] == len(loop.train_loss)
        frozen = last.weights["head.bias"]
        assert np.array_equal(frozen, loop.weights[last.step]["head.bias"])


@pytest.mark.parametrize("kind", ["noise", "replaced", "alpha", "frozen", "cumulative", "single"])
def test_what_a_stack_cannot_follow_is_refused_with_a_sentence(kind):
    with pytest.raises(InvalidInput, match=sentences[kind]):
        fit([replaced(run, kind) for run in runs_of(Unfit(kind), count=2)])


sentences = {
    "noise": "random numbers other than by dropout",
    "replaced": "replaces its buffer '2.mean' in training",
    "alpha": "alpha dropout",
    "frozen": "no parameters to train",
    "cumulative": "'2' has momentum=None",
    "single": "ends with a batch of one example",
}


def replaced(run, kind):
    return replace(run, recipe=replace(run.recipe, batch_size=1077)) if kind == "single" else run


class Noise(nn.Module):
    def forward(self, x):
        return x + torch.randn_like(x)


class Running(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(8))

    def forward(self, x):
        self.mean = x.mean(dim=0).detach()
        return x - self.mean


@dataclass(frozen=True)
class Unfit(Model):
    kind: str

    def build(self, shape, outputs):
        layers = {
            "noise": Noise(),
            "replaced": Running(),
            "alpha": nn.AlphaDropout(0.5),
            "cumulative": nn.BatchNorm1d(8, momentum=None),
            "single": nn.BatchNorm1d(8),
        }
        module = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 8), layers.get(self.kind, nn.Identity()), nn.Linear(8, outputs)
        )
        return module.requires_grad_(self.kind != "frozen")
