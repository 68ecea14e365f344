"""Curvature against closed forms, against matrices that are written out, and against torch.func."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from analysis.curvature.density import spectral_density
from analysis.curvature.eigenpairs import eigenpairs
from analysis.curvature.exact import exact_spectrum
from analysis.curvature.gauss_newton import Fisher, GaussNewton
from analysis.curvature.hessian import Hessian
from analysis.curvature.operator import Operator, dense
from analysis.curvature.probes import rademacher
from analysis.curvature.trace import trace
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.hinge import Hinge
from lightning_modules.losses.squared_error import SquaredError

double = torch.float64


class Given(Operator):
    """A matrix that is written out."""

    def __init__(self, matrix):
        self._matrix, self.size, self.dtype = torch.as_tensor(matrix, dtype=double), len(matrix), double

    def product(self, vector):
        return self._matrix @ vector


def symmetric(size, seed):
    matrix = np.random.default_rng(seed).standard_normal((size, size))
    return (matrix + matrix.T) / 2


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=double)


def classifier(loss=None, normalized=False):
    torch.manual_seed(3)
    between = [nn.BatchNorm1d(6)] if normalized else []
    module = nn.Sequential(nn.Linear(4, 6), *between, nn.Tanh(), nn.Dropout(0.5), nn.Linear(6, 3)).double()
    targets = torch.arange(40) % 3
    surface = Surface(module, loss or CrossEntropy(), drawn(40, 4), targets)
    return surface, 0.7 * drawn(surface.layout.size, seed=1)


def script_loss(surface, inputs, targets, point):
    """The mean loss as a script has it."""
    names = dict(surface.module.named_parameters())
    parts = dict(zip(names, point.split([each.numel() for each in names.values()]), strict=True))
    parameters = {name: parts[name].view_as(each) for name, each in names.items()}
    outputs = torch.func.functional_call(surface.module, parameters, (inputs,))
    return nn.functional.cross_entropy(outputs, targets)


def hessian_of(function):
    """By reverse over reverse differentiation."""
    return torch.func.jacrev(torch.func.grad(function))


def test_a_linear_regression_has_the_hessian_of_its_inputs():
    inputs, targets = drawn(50, 3), drawn(50, 2, seed=2)
    module = nn.Linear(3, 2).double()
    surface = Surface(module, SquaredError(), inputs, targets)
    point = drawn(8, seed=4)
    with_one = torch.cat([inputs, torch.ones(50, 1, dtype=double)], dim=1)
    own = torch.autograd.functional.hessian(lambda z: SquaredError().values(z, targets[:1]).sum(), drawn(1, 2))[0, :, 0]
    # The parameters of an output are its row of the weights and its bias.
    expected = torch.kron(own, with_one.T @ with_one / 50)
    order = [0, 1, 2, 6, 3, 4, 5, 7]
    for operator in (Hessian(surface, point), GaussNewton(surface, point)):
        found = dense(operator)[np.ix_(order, order)]
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-12)


@pytest.mark.parametrize("normalized", [False, True], ids=["plain", "batch normalization"])
def test_the_hessian_is_that_of_torch_func(normalized):
    surface, point = classifier(normalized=normalized)
    expected = hessian_of(lambda row: script_loss(surface, drawn(40, 4), torch.arange(40) % 3, row))(point)
    operator = Hessian(surface, point)
    np.testing.assert_allclose(dense(operator), expected.numpy(), atol=1e-12)
    vectors = drawn(5, len(point), seed=9)
    torch.testing.assert_close(operator.products(vectors), vectors @ expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(operator.product(vectors[0]), expected @ vectors[0], atol=1e-12, rtol=0)
    gradient = torch.func.grad(lambda row: script_loss(surface, drawn(40, 4), torch.arange(40) % 3, row))(point)
    torch.testing.assert_close(operator.gradient.detach(), gradient, atol=1e-12, rtol=0)


def test_gauss_newton_is_the_jacobian_around_the_curvature_of_the_loss():
    surface, point = classifier()
    jacobian = torch.func.jacrev(surface.outputs)(point)
    probabilities = surface.outputs(point).detach().softmax(dim=1)
    expected = sum(
        j.T @ (torch.diag(p) - torch.outer(p, p)) @ j for j, p in zip(jacobian, probabilities, strict=True)
    ) / len(jacobian)
    np.testing.assert_allclose(dense(GaussNewton(surface, point)), expected.numpy(), atol=1e-12)
    np.testing.assert_allclose(dense(Fisher(surface, point)), expected.numpy(), atol=1e-12)
    assert np.linalg.eigvalsh(dense(GaussNewton(surface, point))).min() > -1e-12


def test_the_fisher_information_is_the_mean_over_what_the_network_predicts():
    torch.manual_seed(1)
    surface = Surface(nn.Linear(3, 1).double(), BinaryCrossEntropy(), drawn(20, 3), torch.arange(20) % 2)
    point = drawn(4, seed=3)
    expected = np.zeros((4, 4))
    for example in range(20):
        chance = torch.sigmoid(surface.outputs(point)[example, 0]).item()
        for label, share in ((0, 1 - chance), (1, chance)):
            slope = torch.func.grad(
                lambda row, e=example, y=label: (
                    BinaryCrossEntropy().values(surface.outputs(row)[e : e + 1], torch.tensor([y])).sum()
                )
            )(point)
            expected += share * np.outer(slope, slope) / 20
    np.testing.assert_allclose(dense(Fisher(surface, point)), expected, atol=1e-12)


def test_a_loss_without_a_likelihood_has_no_fisher_information():
    surface, point = classifier(Hinge())
    with pytest.raises(InvalidInput, match="Hinge is no log-likelihood of classes"):
        Fisher(surface, point)


@settings(max_examples=20)
@given(size=st.integers(8, 60), count=st.integers(1, 5), seed=st.integers(0, 99))
def test_eigenpairs_are_those_of_the_matrix_and_residuals_bound_their_error(size, count, seed):
    matrix = symmetric(size, seed)
    exact = np.linalg.eigvalsh(matrix)
    top, bottom = eigenpairs(Given(matrix), count), eigenpairs(Given(matrix), count, "bottom")
    for found, expected in ((top, exact[::-1][:count]), (bottom, exact[:count])):
        np.testing.assert_allclose(found.values, expected, atol=1e-4)
        products = found.vectors @ matrix
        residuals = np.linalg.norm(products - found.values[:, None] * found.vectors, axis=1)
        np.testing.assert_allclose(found.residuals, residuals, atol=1e-12)
        distances = np.abs(found.values[:, None] - exact).min(axis=1)
        assert (distances <= found.residuals + 1e-12).all()
        np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1)


def test_more_eigenpairs_than_there_are_is_a_sentence():
    with pytest.raises(InvalidInput, match="8 eigenvalues of 8 parameters are too many: take the exact spectrum"):
        eigenpairs(Given(symmetric(8, 0)), 8)


def test_the_trace_of_a_diagonal_matrix_needs_no_luck():
    found = trace(Given(np.diag(np.arange(1.0, 30.0))))
    assert (found.value, found.standard_error, found.probes, found.settled) == (435.0, 0.0, 10, True)


@pytest.mark.slow
def test_standard_errors_of_traces_are_honest():
    matrix = symmetric(40, 1) + 3 * np.eye(40)
    found = [trace(Given(matrix), tolerance=0.02, seed=seed) for seed in range(200)]
    assert all(each.settled and each.standard_error <= 0.02 * abs(each.value) for each in found)
    scores = [(each.value - np.trace(matrix)) / each.standard_error for each in found]
    assert 0.9 <= np.mean(np.abs(scores) < 1.96) <= 0.99
    assert 0.85 < np.std(scores) < 1.15


def test_a_trace_that_cannot_settle_says_so():
    found = trace(Given(symmetric(40, 1) - np.diag(np.diag(symmetric(40, 1)))), most_probes=25)
    assert not found.settled
    assert found.probes == 25
    assert abs(found.value) < 4 * found.standard_error


@settings(max_examples=20)
@given(size=st.integers(3, 40), steps=st.integers(1, 12), seed=st.integers(0, 99))
def test_each_probe_of_the_density_has_its_exact_moments(size, steps, seed):
    matrix = symmetric(size, seed) / math.sqrt(size)
    found = spectral_density(Given(matrix), steps=steps, probes=3, seed=seed)
    starts = rademacher(size, seed, 0, 3).numpy() / math.sqrt(size)
    for nodes, weights, start in zip(found.nodes, found.weights, starts, strict=True):
        kept = weights > 0
        power = start
        for moment in range(2 * min(steps, size)):
            assert (weights[kept] * nodes[kept] ** moment).sum() == pytest.approx(start @ power, abs=1e-9)
            power = matrix @ power


def test_the_density_of_few_distinct_eigenvalues_ends_early_and_is_exact():
    values = np.repeat([-1.0, 0.0, 2.0], [10, 70, 20])
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((100, 100)))[0]
    found = spectral_density(Given(rotation @ np.diag(values) @ rotation.T), steps=20, probes=40)
    assert (np.isfinite(found.nodes).sum(axis=1) == 3).all()
    for bound, share in ((-0.5, 0.1), (1.0, 0.8), (3.0, 1.0)):
        estimate, error = found.share_below(bound)
        assert abs(estimate - share) <= max(4 * error, 1e-9)
    grid = np.linspace(-3, 4, 1401)
    density, band = found.on(grid, 0.1)
    assert density.sum() * (grid[1] - grid[0]) == pytest.approx(1, abs=1e-6)
    assert (band >= 0).all()


def test_the_index_is_a_count():
    surface, point = classifier()
    found = exact_spectrum(surface, point)
    exact = np.linalg.eigvalsh(
        hessian_of(lambda row: script_loss(surface, drawn(40, 4), torch.arange(40) % 3, row))(point).numpy()
    )
    np.testing.assert_allclose(found.values, exact, atol=1e-12)
    epsilons = np.array([0.0, 1e-6, 1e-2, 0.05, 1.0])
    assert found.index(epsilons).tolist() == [float(np.mean(found.values < -each)) for each in epsilons]
    assert found.trace == pytest.approx(np.trace(dense(Hessian(surface, point))))


def test_rescaled_relu_networks_have_other_curvature():
    """What the research calls a pitfall: the trace and the largest eigenvalue are not those of the function."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).double()
    surface = Surface(module, CrossEntropy(), drawn(40, 4), torch.arange(40) % 3)
    point = drawn(surface.layout.size, seed=5)
    scale = torch.cat([torch.full((30,), 4.0), torch.full((18,), 0.25), torch.ones(3)]).double()
    assert surface.mean_loss(point).item() == pytest.approx(surface.mean_loss(scale * point).item())
    before, after = (exact_spectrum(surface, each).values[-1] for each in (point, scale * point))
    assert after > 2 * before


def test_what_an_exact_spectrum_cannot_be_of_is_a_sentence():
    single = Surface(nn.Linear(3, 2), CrossEntropy(), drawn(6, 3).float(), torch.arange(6) % 2)
    with pytest.raises(InvalidInput, match="needs double precision"):
        exact_spectrum(single, torch.zeros(8))
    surface, point = classifier()
    with pytest.raises(InvalidInput, match="no finite second derivatives"):
        exact_spectrum(surface, point * math.inf)
    with pytest.raises(InvalidInput, match="at most 10,000 parameters, these are 10,001"):
        exact_spectrum(surface, torch.zeros(10_001))
    with pytest.raises(InvalidInput, match="tolerance"):
        trace(Given(np.eye(3)), tolerance=0.0)


weight_norm = nn.utils.parametrizations.weight_norm
normalized = {
    "linear": lambda: nn.Sequential(nn.Flatten(), weight_norm(nn.Linear(16, 20)), nn.Tanh(), nn.Linear(20, 3)),
    "convolution": lambda: nn.Sequential(
        weight_norm(nn.Conv2d(1, 8, 2)), nn.Tanh(), weight_norm(nn.Conv2d(8, 8, 2)), nn.Flatten(), nn.Linear(32, 3)
    ),
}


@pytest.mark.parametrize("dtype", [torch.float32, double], ids=str)
@pytest.mark.parametrize("name", normalized)
@pytest.mark.parametrize("seed", range(5))
def test_a_model_whose_second_derivatives_torch_has_wrong_is_refused(name, dtype, seed):
    torch.manual_seed(seed)
    module, inputs = normalized[name]().to(dtype), torch.randn(40, 1, 4, 4, dtype=dtype)
    surface = Surface(module, CrossEntropy(), inputs, torch.arange(40) % 3)
    with pytest.raises(InvalidInput, match=r"not symmetric.*remove_parametrizations"):
        Hessian(surface, surface.layout.row(dict(module.named_parameters())))
    for layer in module:
        if nn.utils.parametrize.is_parametrized(layer):
            nn.utils.parametrize.remove_parametrizations(layer, "weight")
    plain = Surface(module, CrossEntropy(), inputs, torch.arange(40) % 3)
    point = plain.layout.row(dict(module.named_parameters()))
    assert Hessian(plain, point).product(point).isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, double], ids=str)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_rounding_is_not_taken_for_asymmetry(dtype, scale):
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(10, 80), nn.Softplus(), nn.Linear(80, 80), nn.Softplus(), nn.Linear(80, 4))
    surface = Surface(module.to(dtype), CrossEntropy(), torch.randn(200, 10, dtype=dtype), torch.arange(200) % 4)
    point = scale * torch.randn(surface.layout.size, dtype=dtype)
    assert surface.second_order(point[None], slice(None)) is None
    assert Hessian(surface, point).product(point).isfinite().all()
