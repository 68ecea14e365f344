"""A model that a recipe cannot use is one sentence, before anything is trained."""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from lightning_modules.data.moons import Moons
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.model import Model
from lightning_modules.training.build import build


class Flat(nn.Linear):
    def forward(self, x):
        return super().forward(x)[:, 0]


class Two(nn.Linear):
    def forward(self, x):
        return super().forward(x), x


makers = {
    "too many outputs": (
        lambda inputs, outputs: nn.Linear(inputs, outputs + 6),
        r"returns shape \(2, 8\) for two",
    ),
    "no axis of outputs": (lambda inputs, outputs: Flat(inputs, outputs), r"returns shape \(2,\) for two inputs"),
    "a tuple": (lambda inputs, outputs: Two(inputs, outputs), "returns tuple for two inputs"),
    "other inputs": (
        lambda inputs, outputs: nn.Linear(inputs + 1, outputs),
        r"cannot take two inputs \(2,\): Runtime",
    ),
    "nothing": (lambda inputs, outputs: None, "builds None: let `build` return an nn.Module"),
    "lazy": (lambda inputs, outputs: nn.LazyLinear(outputs), "has lazy layers"),
    "an error": (lambda inputs, outputs: {}["width"], r"cannot be built for inputs \(2,\): KeyError: 'width'"),
}


@dataclass(frozen=True)
class Made(Model):
    name: str

    def build(self, shape, outputs):
        return makers[self.name][0](shape[0], outputs)


@pytest.mark.parametrize("name", makers)
def test_a_model_that_cannot_be_used_is_refused(name):
    dataset = Moons(40).load()
    with pytest.raises(InvalidInput, match=f"The model Made {makers[name][1]}"):
        build(Made(name), CrossEntropy(), (2,), dataset)


def test_the_outputs_are_those_that_the_loss_needs_and_no_random_number_is_drawn_for_the_check():
    @dataclass(frozen=True)
    class Fitting(Model):
        width: int

        def build(self, shape, outputs):
            return nn.Sequential(nn.Linear(shape[0], self.width), nn.Linear(self.width, outputs))

    dataset = Moons(40).load()
    for width in (3, 4):
        torch.manual_seed(0)
        first = build(Fitting(width), BinaryCrossEntropy(), (2,), dataset)
        torch.manual_seed(0)
        plain = nn.Sequential(nn.Linear(2, width), nn.Linear(width, 1))
        assert torch.equal(first[0].weight, plain[0].weight)
        assert first(torch.zeros(5, 2)).shape == (5, 1)
