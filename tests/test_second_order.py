"""Gradients and Hessians of linear chains by hand, against torch.func's derivatives of the same mean loss."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from analysis.critical.gradient_field import GradientField
from analysis.curvature.hessian import Hessian
from analysis.decayed_surface import DecayedSurface
from analysis.surface import Surface
from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.gaussian_nll import GaussianNLL
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.losses.hinge import Hinge
from lightning_modules.losses.one_hot_squared_error import OneHotSquaredError
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.losses.sigmoid_squared_error import SigmoidSquaredError
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.modules.heaviside import Heaviside
from lightning_modules.modules.reference_class import ReferenceClass
from tests.critical_surfaces import drawn

activations = {
    "ReLU": nn.ReLU,
    "LeakyReLU": lambda: nn.LeakyReLU(0.1),
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "ELU": lambda: nn.ELU(1.3),
    "GELU": nn.GELU,
    "identity": nn.Identity,
    "step": Heaviside,
    "dropout": lambda: nn.Sequential(nn.Tanh(), nn.Dropout(0.5)),
    "two in a row": lambda: nn.Sequential(nn.Tanh(), nn.Identity(), nn.ReLU(), nn.Sigmoid()),
}
losses = {
    "cross-entropy": (CrossEntropy(), 3),
    "smoothed": (CrossEntropy(label_smoothing=0.2), 3),
    "one-hot": (OneHotSquaredError(), 3),
    "binary": (BinaryCrossEntropy(), 1),
    "hinge": (Hinge(), 1),
    "perceptron": (PerceptronCriterion(), 1),
    "sigmoid": (SigmoidSquaredError(), 1),
    "squared": (SquaredError(), 2),
    "Gaussian": (GaussianNLL(0.7), 2),
    "heteroscedastic": (HeteroscedasticGaussianNLL(), 4),
}


def targets_for(loss, outputs, examples):
    if loss.task == "regression":
        return drawn(examples, 2, seed=5)
    return torch.arange(examples) % max(outputs, 2)


def mean_loss(surface, row):
    """Written out with the module's own forward pass, as a script would."""
    parameters, start = {}, 0
    for name, value in surface.module.named_parameters():
        parameters[name] = row[start : start + value.numel()].view_as(value)
        start += value.numel()
    outputs = torch.func.functional_call(surface.module, parameters, (surface.inputs,))
    return surface.loss.values(outputs, surface.targets).mean() + surface.decay / 2 * row.square().sum()


def check(surface, points):
    found = surface.second_order(points, slice(None))
    vectors = drawn(*points.shape, seed=8)
    products = found.products(vectors)
    for each, (row, vector) in enumerate(zip(points, vectors, strict=True)):

        def function(row):
            return mean_loss(surface, row)

        gradient, hessian = torch.func.grad(function)(row), torch.func.jacrev(torch.func.grad(function))(row)
        torch.testing.assert_close(found.losses[each], function(row), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(found.gradients[each], gradient, rtol=0, atol=1e-12)
        torch.testing.assert_close(products[each], hessian @ vector, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", activations)
def test_derivatives_of_every_activation_are_those_of_torch_func(name):
    module = nn.Sequential(
        nn.Flatten(), nn.Linear(4, 5), activations[name](), nn.Linear(5, 4), activations[name](), nn.Linear(4, 3)
    )
    surface = Surface(module.double(), CrossEntropy(), drawn(7, 1, 2, 2), torch.arange(7) % 3)
    check(surface, drawn(3, surface.layout.size, seed=1))


@pytest.mark.parametrize("name", losses)
def test_derivatives_of_every_loss_are_those_of_torch_func(name):
    loss, outputs = losses[name]
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, outputs)).double()
    check(Surface(module, loss, drawn(6, 3), targets_for(loss, outputs, 6)), drawn(2, 16 + 5 * outputs, seed=3))


@given(
    widths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    examples=st.integers(1, 6),
    points=st.integers(1, 3),
    bias=st.booleans(),
    activation=st.sampled_from(sorted(activations)),
    loss=st.sampled_from(sorted(losses)),
    decay=st.sampled_from([0.0, 0.3]),
)
def test_any_linear_chain_has_the_derivatives_of_torch_func(widths, examples, points, bias, activation, loss, decay):
    objective, outputs = losses[loss]
    layers = []
    for size, following in zip(widths, [*widths[1:], outputs], strict=True):
        layers += [nn.Linear(size, following, bias=bias), activations[activation]()]
    module = nn.Sequential(*layers[:-1]).double()
    surface = Surface(module, objective, drawn(examples, widths[0]), targets_for(objective, outputs, examples))
    check(DecayedSurface(surface, decay) if decay else surface, drawn(points, surface.layout.size, seed=2))


def test_what_gives_no_parameters_may_stand_before_and_behind():
    module = nn.Sequential(nn.Tanh(), nn.Flatten(), nn.Linear(4, 2), ReferenceClass())
    surface = Surface(module.double(), CrossEntropy(), drawn(6, 2, 2), torch.arange(6) % 3)
    assert surface.second_order(drawn(1, 10), slice(None)) is None
    trimmed = Surface(module[:3].double(), CrossEntropy(), drawn(6, 2, 2), torch.arange(6) % 2)
    check(trimmed, drawn(2, 10))


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Linear(4, 3), nn.PReLU(), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(4, 3), nn.Softplus(), nn.Linear(3, 2)),
        nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(2, 2)),
    ],
    ids=["PReLU", "batch normalization", "softplus", "convolution"],
)
def test_autograd_takes_over_where_a_layer_is_not_known(module):
    surface = Surface(module.double(), CrossEntropy(), drawn(6, 4), torch.arange(6) % 2)
    point, vector = drawn(2, surface.layout.size)
    assert surface.second_order(point[None], slice(None)) is None
    expected = torch.func.jacrev(torch.func.grad(lambda row: mean_loss(surface, row)))(point) @ vector
    torch.testing.assert_close(Hessian(surface, point).product(vector), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        GradientField(surface).at(point[None]).products(vector[None])[0], expected, rtol=0, atol=1e-12
    )


def test_a_record_serves_many_threads_and_stays_as_it_was():
    module = nn.Sequential(nn.Linear(10, 30), nn.ReLU(), nn.Linear(30, 30), nn.Tanh(), nn.Linear(30, 3)).double()
    surface = Surface(module, CrossEntropy(), drawn(100, 10), torch.arange(100) % 3)
    found = surface.second_order(drawn(1, surface.layout.size), slice(None))
    vectors = drawn(40, 1, surface.layout.size, seed=1)
    kept = vectors.clone()
    one_by_one = [found.products(each) for each in vectors]
    with ThreadPoolExecutor(4) as threads:
        beside = list(threads.map(found.products, vectors))
    # Threads of torch's own may round otherwise than one.
    torch.testing.assert_close(torch.cat(beside), torch.cat(one_by_one), rtol=0, atol=1e-14)
    assert torch.equal(vectors, kept)


def test_gradients_alone_are_those_of_a_record():
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    field = GradientField(Surface(module, CrossEntropy(), drawn(9, 3), torch.arange(9) % 2))
    points = drawn(5, 26)
    assert torch.equal(field.gradients(points), field.at(points).gradients)


@pytest.mark.parametrize("count", [1, 40, 300])
@pytest.mark.parametrize("name", losses)
def test_many_vectors_at_one_point_have_the_products_of_each(name, count):
    loss, outputs = losses[name]
    module = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, outputs)).double()
    surface = Surface(module, loss, drawn(50, 3), targets_for(loss, outputs, 50))
    point, vectors = drawn(surface.layout.size, seed=1), drawn(count, surface.layout.size, seed=2)
    hessian = Hessian(surface, point)
    expected = torch.func.jacrev(torch.func.grad(lambda row: mean_loss(surface, row)))(point)
    # Variances are exponentials: a Hessian of theirs has entries of a million.
    scale = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(hessian.products(vectors), vectors @ expected, rtol=0, atol=1e-12 * scale)
    torch.testing.assert_close(hessian.product(vectors[0]), expected @ vectors[0], rtol=0, atol=1e-12 * scale)
