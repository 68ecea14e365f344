"""Every activation is elementwise, equals its formula and its derivative, and keeps a model on the fast path."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.elu import ELU
from lightning_modules.activations.gelu import GELU
from lightning_modules.activations.identity import Identity
from lightning_modules.activations.leaky_relu import LeakyReLU
from lightning_modules.activations.prelu import PReLU
from lightning_modules.activations.relu import ReLU
from lightning_modules.activations.sigmoid import Sigmoid
from lightning_modules.activations.tanh import Tanh
from lightning_modules.activations.threshold import Threshold
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.stacked import stacked
from tests.conftest import components, instances

found = components("lightning_modules.activations", Activation)

# The function and its derivative, both written out; the derivative at 0 is the one that is documented.
formulas = {
    Identity(): (lambda x: x, lambda x: 1.0),
    Threshold(): (lambda x: float(x > 0), lambda x: 0.0),
    Sigmoid(): (
        lambda x: 1 / (1 + math.exp(-x)),
        lambda x: 1 / (1 + math.exp(-x)) * (1 - 1 / (1 + math.exp(-x))),
    ),
    Tanh(): (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    ReLU(): (lambda x: max(0.0, x), lambda x: float(x > 0)),
    LeakyReLU(): (lambda x: max(0.1 * x, x), lambda x: 1.0 if x > 0 else 0.1),
    LeakyReLU(0.3): (lambda x: max(0.3 * x, x), lambda x: 1.0 if x > 0 else 0.3),
    PReLU(): (lambda x: max(0.25 * x, x), lambda x: 1.0 if x > 0 else 0.25),
    ELU(): (lambda x: x if x > 0 else math.expm1(x), lambda x: 1.0 if x > 0 else math.exp(x)),
    ELU(0.5): (lambda x: x if x > 0 else 0.5 * math.expm1(x), lambda x: 1.0 if x > 0 else 0.5 * math.exp(x)),
    GELU(): (
        lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
        lambda x: 0.5 * math.erfc(-x / math.sqrt(2)) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    ),
}


def test_every_activation_has_its_formula_here():
    assert {type(activation) for activation in formulas} == set(found)


@pytest.mark.parametrize("activation", formulas, ids=str)
@given(x=st.lists(st.floats(-30, 30) | st.just(0.0), min_size=1, max_size=20))
def test_value_and_derivative_are_those_of_the_formula(activation, x):
    function, derivative = formulas[activation]
    module, leaf = activation.build().double(), torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = module(leaf)
    y.sum().backward()
    expected = torch.tensor([[function(v) for v in x], [derivative(v) for v in x]], dtype=torch.float64)
    torch.testing.assert_close(torch.stack([y.detach(), leaf.grad]), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cls", found)
@pytest.mark.parametrize("model", [MLP, CNN])
@given(data=st.data())
def test_models_with_any_activation_stay_on_the_fast_path(cls, model, data):
    activation = data.draw(instances(cls))
    module = model((3, 4), activation=activation).build((1, 8, 8), 10)
    assert module(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    assert sum(type(layer) is type(activation.build()) for layer in module) == 2
    assert isinstance(stacked(module, CrossEntropy(), (1, 8, 8)), Chain)


def test_prelu_learns_one_slope_a_layer():
    slopes = [layer.weight for layer in MLP((3, 4), PReLU(0.5)).build((6,), 2) if isinstance(layer, nn.PReLU)]
    assert [slope.tolist() for slope in slopes] == [[0.5], [0.5]]
    assert slopes[0] is not slopes[1]
    assert all(slope.requires_grad for slope in slopes)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: LeakyReLU(0), r"leaky ReLU's slope is 0: give a number above 0 and below 1\."),
        (lambda: LeakyReLU(1.5), r"leaky ReLU's slope is 1\.5"),
        (lambda: PReLU(-0.1), r"PReLU's slope is -0\.1: give a number of at least 0 and below 1\."),
        (lambda: ELU(0.0), r"ELU's alpha is 0\.0: give a finite number above 0"),
        (lambda: ELU(math.inf), r"ELU's alpha is inf"),
    ],
)
def test_settings_that_make_no_activation_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
