"""Sharpness against the closed forms of quadratics, against brute force, and under rescaling of ReLU networks."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from analysis.curvature.exact import exact_spectrum
from analysis.curvature.hessian import Hessian
from analysis.curvature.operator import dense
from analysis.directions import filter_normalized
from analysis.sharpness.average import average_sharpness
from analysis.sharpness.measures import sharpness_measures
from analysis.sharpness.rescaling import relative_differences, rescaled
from analysis.sharpness.width import Width, width
from analysis.sharpness.worst import worst_sharpness
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.squared_error import SquaredError
from tests.critical_surfaces import double, drawn, surface_of


def regression(shift=0.0):
    """Least squares, and a point that lies `shift` away from its minimum."""
    inputs, solution = drawn(30, 4), torch.tensor([1.0, -2.0, 0.5, 0.0], dtype=double)
    surface = Surface(nn.Linear(4, 1, bias=False).double(), SquaredError(), inputs, (inputs @ solution)[:, None])
    point = solution + shift * torch.tensor([1.0, 1.0, -1.0, 0.0], dtype=double)
    return surface, point, torch.from_numpy(dense(Hessian(surface, point)))


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_the_average_of_a_quadratic_is_its_closed_form(shift):
    surface, point, hessian = regression(shift)
    expected = 0.2**2 * float((hessian.diagonal() * point**2).sum()) / 2
    found = average_sharpness(surface, point, radius=0.2, draws=2000)
    assert abs(found.value - expected) < 4 * found.standard_error
    assert found.standard_error < 0.05 * expected
    low, high = found.interval
    assert (low + high) / 2 == pytest.approx(found.value)
    assert (high - low) / found.standard_error == pytest.approx(2 * 1.961, rel=1e-3)
    assert "n = 2000 pairs" in str(found)
    # Of a convex function the mean at z and −z is above the middle, wherever that is.
    assert found.rises.min() > 0


def test_a_pair_of_draws_is_that_of_a_loop_and_the_same_however_many_there_are():
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    surface = Surface(module, CrossEntropy(), drawn(20, 3), torch.arange(20) % 2)
    point = drawn(surface.layout.size, seed=3)
    few, many = (average_sharpness(surface, point, draws=count, seed=5).rises for count in (3, 70))
    np.testing.assert_allclose(few, many[:3], rtol=1e-9)
    assert len(set(many.tolist())) == 70

    def loss(row):
        return float(surface.mean_loss(row).detach())

    # Every rise is one of a Gaussian with the standard deviations ρ |w|: the mean of many is that of a plain loop.
    noise = drawn(4000, len(point), seed=9)
    plain = np.array([loss(point + 0.1 * point.abs() * z) for z in noise]) - loss(point)
    error = math.hypot(plain.std() / len(plain) ** 0.5, many.std() / len(many) ** 0.5)
    assert abs(plain.mean() - many.mean()) < 4 * error


def test_the_worst_case_of_a_quadratic_is_its_closed_form():
    surface, point, hessian = regression()
    scaled = point[:, None] * hessian * point
    found = worst_sharpness(surface, point, radius=0.3, ball="l2", steps=100)
    assert found.value == pytest.approx(0.3**2 / 2 * float(torch.linalg.eigvalsh(scaled)[-1]), rel=1e-4)
    # A convex function has its largest value in a corner.
    corners = [torch.tensor(signs, dtype=double) for signs in product([-0.3, 0.3], repeat=4)]
    expected = max(float(u @ scaled @ u) / 2 for u in corners)
    found = worst_sharpness(surface, point, radius=0.3, ball="linf", steps=30, restarts=8)
    assert found.value == pytest.approx(expected, rel=1e-9)
    assert found.spread >= 0
    assert "at least" in str(found)


@pytest.mark.parametrize("ball", ["l2", "linf"])
def test_an_ascent_away_from_a_minimum_goes_along_the_scaled_gradient(ball):
    surface, point, _ = regression(0.3)
    gradient = point * Hessian(surface, point).gradient.detach()
    rise = 1e-6 * float(gradient.norm() if ball == "l2" else gradient.abs().sum())
    found = worst_sharpness(surface, point, radius=1e-6, ball=ball, restarts=1)
    assert found.value == pytest.approx(rise, rel=1e-4)
    longer = worst_sharpness(surface, point, radius=0.1, ball=ball)
    assert longer.value > average_sharpness(surface, point, radius=0.1 / 2).value > 0
    assert (longer.rises <= longer.value).all()


def test_the_width_of_a_quadratic_is_its_closed_form():
    surface, point, hessian = regression()
    found = width(surface, point, rise=0.2, directions=30, seed=2)
    basis = filter_normalized(surface.module, point, 2, 30)
    expected = np.sqrt(2 * 0.2 / np.einsum("di,ij,dj->d", basis, hessian, basis))
    np.testing.assert_allclose(found.reaches, expected, rtol=1e-5)
    assert found.value == pytest.approx(np.median(expected), rel=1e-5)
    low, high = found.interval
    assert low < found.value < high
    flat = width(surface, point, rise=0.2, directions=30, seed=2, farthest=float(np.median(expected)))
    assert np.isinf(flat.reaches).sum() == 15
    inside = expected < np.median(expected)
    np.testing.assert_allclose(flat.reaches[inside], expected[inside], rtol=1e-5)


def test_the_interval_of_the_median_covers_it_as_often_as_it_says():
    source = np.random.default_rng(0)
    ends = [Width(1, 1, sample).interval for sample in source.exponential(size=(2000, 20))]
    covered = np.mean([low <= math.log(2) <= high for low, high in ends])
    # The order statistics of twenty cover with 95.9 %.
    assert covered == pytest.approx(0.959, abs=0.015)
    assert Width(1, 1, np.arange(5.0)).interval is None
    assert Width(1, 1, np.array([1.0, np.inf, np.inf])).value == np.inf


networks = {
    "mlp": (
        (4,),
        lambda: nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.2), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)),
    ),
    "cnn": (
        (1, 6, 6),
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3),
            nn.LeakyReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(12, 4),
            nn.PReLU(),
            nn.Linear(4, 3),
        ),
    ),
}


def relu_network(name):
    shape, make = networks[name]
    torch.manual_seed(2)
    module = make().double()
    surface = Surface(module, CrossEntropy(), drawn(25, *shape), torch.arange(25) % 3)
    return surface, surface.layout.row(dict(module.named_parameters()))


measures = {
    "average": lambda surface, point: average_sharpness(surface, point, draws=10).value,
    "worst linf": lambda surface, point: worst_sharpness(surface, point).value,
    "worst l2": lambda surface, point: worst_sharpness(surface, point, radius=0.5, ball="l2").value,
    "width": lambda surface, point: width(surface, point, directions=7).value,
}


@pytest.mark.parametrize("measure", measures)
@pytest.mark.parametrize("name", networks)
def test_sharpness_does_not_see_how_a_relu_network_is_scaled(name, measure):
    surface, point = relu_network(name)
    differences = relative_differences(surface, point, measures[measure])
    assert differences.shape == (4,)
    assert differences.max() < 1e-8


@pytest.mark.parametrize("name", networks)
def test_rescaled_weights_compute_the_same_function_with_another_spectrum(name):
    surface, point = relu_network(name)
    other = rescaled(surface, point, 3.0)
    assert (other - point).norm() > point.norm()
    torch.testing.assert_close(surface.outputs(other), surface.outputs(point), rtol=1e-10, atol=1e-12)
    norms = relative_differences(surface, point, lambda surface, row: float(row.norm()))
    top = relative_differences(surface, point, lambda surface, row: float(exact_spectrum(surface, row).values[-1]))
    assert min(norms.min(), top.min()) > 0.01


@pytest.mark.parametrize(
    ("values", "expected"),
    [((0, 0, 0), (0, 0)), ((0, 0, 1), (0, math.inf)), ((2, 2, 3), (0, 0.5)), ((math.nan, 1, 1), (math.nan,) * 2),
     ((math.inf, math.inf, 1), (0, math.nan)), ((1, math.inf, 1), (math.inf, 0))],
    ids=str,
)  # fmt: skip
def test_a_change_of_zeros_and_of_what_is_infinite_is_none_where_both_are_alike(values, expected):
    surface, point = relu_network(next(iter(networks)))
    asked = iter(values)
    found = relative_differences(surface, point, lambda at, row: float(next(asked)), (0.5, 2.0))
    np.testing.assert_array_equal(found, expected)


def test_a_width_that_no_direction_reaches_does_not_change_by_rescaling():
    surface, point = relu_network(next(iter(networks)))
    found = sharpness_measures(surface, point, rise=1e6, draws=2, directions=2)
    assert found.rescaled["width"] == 0
    assert any("the width does not change" in check for check in found.checks)


def test_what_has_no_sharpness_is_refused():
    surface, point, _ = regression()
    for measure in (average_sharpness, worst_sharpness, width):
        with pytest.raises(InvalidInput, match=r"Surface\.row"):
            measure(surface, point[1:])
    with pytest.raises(InvalidInput, match="radius"):
        average_sharpness(surface, point, radius=0)
    with pytest.raises(InvalidInput, match="draws"):
        average_sharpness(surface, point, draws=1)
    with pytest.raises(InvalidInput, match="'l2' or 'linf'"):
        worst_sharpness(surface, point, ball="l1")
    with pytest.raises(InvalidInput, match="rise"):
        width(surface, point, rise=-1.0)
    with pytest.raises(InvalidInput, match="not finite"):
        width(surface, point * torch.nan)
    smooth = Surface(
        nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)).double(),
        CrossEntropy(),
        drawn(4, 2),
        torch.arange(4) % 2,
    )
    with pytest.raises(InvalidInput, match=r"'1' \(Tanh\)"):
        rescaled(smooth, drawn(12), 2.0)
    with pytest.raises(InvalidInput, match="factor"):
        rescaled(relu_network("mlp")[0], relu_network("mlp")[1], 0.0)


def test_a_loss_that_is_not_finite_stays_visible():
    surface = surface_of(lambda w: torch.where(w[0] > 1.05, torch.nan, 0.0) + (w * w).sum(), 2)
    point = torch.ones(2, dtype=double)
    found = average_sharpness(surface, point, radius=0.1, draws=20)
    assert np.isnan(found.value)
    assert 0 < np.isnan(found.rises).sum() < 20
    worst = worst_sharpness(surface, point, radius=0.1, restarts=1)
    assert 0 < worst.value < 0.42
