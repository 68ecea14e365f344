"""Gradients and Hessians of linear chains by hand, against torch.func's derivatives of the same mean loss."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from analysis.critical.gradient_field import GradientField
from analysis.curvature.hessian import Hessian
from analysis.decayed_surface import DecayedSurface
from analysis.given_loss import as_loss
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
from lightning_modules.modules.residual import Residual
from tests.critical_surfaces import double, drawn

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
    "absolute error": (as_loss(nn.L1Loss(), double), 2),
    "of sums": (as_loss(lambda outputs, targets: (outputs.sum(1) - targets.sum(1)) ** 2, double), 2),
    "linear": (as_loss(lambda outputs, targets: outputs.sum(1) + 0 * targets.sum(1), double), 2),
    "criterion": (as_loss(nn.CrossEntropyLoss(label_smoothing=0.1), double), 3),
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


def scale_of(values):
    return max(1.0, float(values.abs().max()))


def check(surface, points):
    found = surface.second_order(points, slice(None))
    vectors = drawn(*points.shape, seed=8)
    products = found.products(vectors)
    for each, (row, vector) in enumerate(zip(points, vectors, strict=True)):

        def function(row):
            return mean_loss(surface, row)

        gradient, hessian = torch.func.grad(function)(row), torch.func.jacrev(torch.func.grad(function))(row)
        # Variances are exponentials: their derivatives can be millions.
        torch.testing.assert_close(found.losses[each], function(row), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(found.gradients[each], gradient, rtol=0, atol=1e-12 * scale_of(gradient))
        torch.testing.assert_close(products[each], hessian @ vector, rtol=0, atol=1e-11 * scale_of(hessian))


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


def test_activations_may_stand_before_the_first_layer_with_parameters():
    module = nn.Sequential(nn.Tanh(), nn.Flatten(), nn.Linear(4, 2)).double()
    check(Surface(module, CrossEntropy(), drawn(6, 2, 2), torch.arange(6) % 2), drawn(2, 10))


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Linear(4, 3), nn.PReLU(), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(4, 3), nn.Softplus(), nn.Linear(3, 2)),
        nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(2, 2)),
        nn.Sequential(nn.BatchNorm1d(4, affine=False), nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)),
        nn.Sequential(Residual(nn.Tanh()), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(4, 1), ReferenceClass()),
    ],
    ids=[
        "PReLU",
        "batch normalization",
        "softplus",
        "convolution",
        "batch normalization first",
        "residual block first",
        "reference class",
    ],
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


def small(**options):
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    return Surface(module, CrossEntropy(), drawn(9, 3), torch.arange(9) % 2, **options)


def test_gradients_alone_are_those_of_torch_func():
    surface, points = small(), drawn(5, 26)
    expected = [torch.func.grad(lambda row: mean_loss(surface, row))(row) for row in points]
    torch.testing.assert_close(GradientField(surface).gradients(points), torch.stack(expected), rtol=0, atol=1e-13)


def test_a_record_does_not_follow_points_that_move_on():
    surface, points, vectors = small(), drawn(5, 26), drawn(5, 26, seed=1)
    recorded = GradientField(surface).at(points)
    before = recorded.products(vectors)
    points.mul_(2)
    assert torch.equal(recorded.products(vectors), before)


@pytest.mark.parametrize("weight", [1e200, math.inf])
def test_a_saturated_unit_has_a_finite_loss_and_no_gradient_however_large_its_weight(weight):
    surface, point = small(), drawn(26)
    point[0] = weight
    found = Hessian(surface, point)
    expected = torch.func.grad(surface.mean_loss)(point)
    torch.testing.assert_close(found.loss, surface.mean_loss(point), rtol=1e-12, atol=0)
    torch.testing.assert_close(found.gradient, expected, rtol=0, atol=1e-13, equal_nan=True)


def test_vectors_of_any_making_are_taken():
    hessian, vectors = Hessian(small(), drawn(26)), drawn(4, 26, seed=1)
    expected = torch.stack([hessian.product(each) for each in vectors])
    others = {
        "parameter": nn.Parameter(vectors.clone()),
        "by column": vectors.T.contiguous().T,
        "strided": torch.stack([vectors, vectors], dim=2)[:, :, 0],
    }
    for name, each in others.items():
        torch.testing.assert_close(hessian.products(each), expected, rtol=0, atol=1e-14, msg=name)
        torch.testing.assert_close(hessian.product(each[1]), expected[1], rtol=0, atol=1e-14, msg=name)


def test_a_parameter_that_is_trained_later_does_not_change_the_surface():
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    module[0].requires_grad_(False)
    surface = Surface(module, CrossEntropy(), drawn(9, 3), torch.arange(9) % 2)
    point = drawn(10)
    before = Hessian(surface, point).product(point)
    module[0].requires_grad_(True)
    torch.testing.assert_close(Hessian(surface, point).product(point), before, rtol=0, atol=0)


def test_examples_of_a_class_that_is_ignored_have_no_share():
    surface = small()
    surface.targets = torch.tensor([0, 1, -100, 1, 0, -100, 1, 1, 0])
    check(surface, drawn(2, 26))


def test_blocks_of_examples_share_the_decay():
    module = nn.Sequential(nn.Linear(20, 60), nn.Tanh(), nn.Linear(60, 3)).double()
    plain = Surface(module, CrossEntropy(), drawn(900, 20), torch.arange(900) % 3, memory=2**20)
    surface, point = DecayedSurface(plain, 0.3), drawn(1443, seed=1) / 4
    assert len(surface.blocks) > 1
    found, vector = Hessian(surface, point), drawn(1443, seed=2)

    def function(row):
        return mean_loss(surface, row)

    gradient = torch.func.grad(function)(point)
    product = torch.func.grad(lambda row: torch.func.grad(function)(row) @ vector)(point)
    torch.testing.assert_close(found.loss, function(point), rtol=1e-12, atol=0)
    torch.testing.assert_close(found.gradient, gradient, rtol=0, atol=1e-12)
    torch.testing.assert_close(found.product(vector), product, rtol=0, atol=1e-11)
    torch.testing.assert_close(found.products(vector[None])[0], product, rtol=0, atol=1e-11)


def test_autocast_does_not_lower_what_is_differentiated():
    surface, point = small(), drawn(26)
    expected = Hessian(surface, point).product(point)
    with torch.autocast("cpu", torch.bfloat16):
        found = Hessian(surface, point).product(point)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("count", [1, 40, 300])
@pytest.mark.parametrize("name", losses)
def test_many_vectors_at_one_point_have_the_products_of_each(name, count):
    loss, outputs = losses[name]
    module = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, outputs)).double()
    surface = Surface(module, loss, drawn(50, 3), targets_for(loss, outputs, 50))
    point, vectors = drawn(surface.layout.size, seed=1), drawn(count, surface.layout.size, seed=2)
    hessian = Hessian(surface, point)
    expected = torch.func.jacrev(torch.func.grad(lambda row: mean_loss(surface, row)))(point)
    scale = scale_of(expected)
    torch.testing.assert_close(hessian.products(vectors), vectors @ expected, rtol=0, atol=1e-12 * scale)
    torch.testing.assert_close(hessian.product(vectors[0]), expected @ vectors[0], rtol=0, atol=1e-12 * scale)
