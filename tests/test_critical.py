"""Critical points against closed forms, against scipy, and against functions that have none."""

import math
import os
import signal
from concurrent.futures import CancelledError
from threading import Event

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import root
from scipy.sparse.linalg import minres as scipy_minres
from torch import nn

from analysis.critical.criteria import Criteria
from analysis.critical.descent import descend
from analysis.critical.found import found_at
from analysis.critical.gradient_field import GradientField
from analysis.critical.gradient_norm import GradientNorm
from analysis.critical.index import IndexSweep, index_sweep
from analysis.critical.minres import minres
from analysis.critical.newton_mr import NewtonMR
from analysis.critical.search import critical_points
from analysis.critical.standstill import Standstill
from analysis.critical.starts import around, between
from analysis.curvature.exact import ExactSpectrum
from analysis.curvature.hessian import Hessian
from analysis.curvature.operator import dense
from analysis.surface import Surface
from lightning_modules.activations.identity import Identity
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.scalar_network import ScalarNetwork
from tests.critical_surfaces import double, drawn, rosenbrock, surface_of

methods = (NewtonMR(), GradientNorm())
named = pytest.mark.parametrize("method", methods, ids=["Newton-MR", "gradient norm"])


def symmetric(size, seed, rank=None):
    vectors = np.linalg.qr(np.random.default_rng(seed).standard_normal((size, size)))[0]
    values = np.random.default_rng(seed + 1).uniform(0.3, 3, size) * np.where(np.arange(size) % 2, 1, -1)
    values[size if rank is None else rank :] = 0
    return torch.from_numpy(vectors @ np.diag(values) @ vectors.T)


def solved(matrices, sides, tolerance=1e-12, least=1e-12, reach=math.inf, most=200):
    return minres(
        lambda v: (matrices @ v[:, :, None])[:, :, 0],
        sides,
        tolerances=torch.full((len(sides),), tolerance, dtype=double),
        least=least,
        reaches=torch.full((len(sides),), reach, dtype=double),
        most_products=most,
    )


@settings(max_examples=25)
@given(size=st.integers(1, 20), seed=st.integers(0, 99))
def test_minres_solves_indefinite_systems_together_as_scipy_does_one_by_one(size, seed):
    matrices = torch.stack([symmetric(size, seed + 5 * k) for k in range(3)])
    sides = drawn(3, size, seed=seed)
    sides[1] = 0
    found = solved(matrices, sides)
    for matrix, side, solution, residual in zip(matrices, sides, found.solutions, found.residuals, strict=True):
        torch.testing.assert_close(matrix @ solution, side, rtol=0, atol=1e-8)
        expected, _ = scipy_minres(matrix.numpy(), side.numpy(), rtol=1e-14, maxiter=300)
        np.testing.assert_allclose(solution.numpy(), expected, atol=1e-7)
        assert residual == pytest.approx(float((matrix @ solution - side).norm()), abs=1e-9)


@pytest.mark.parametrize("most", [1, 2, 5])
def test_minres_stopped_early_has_the_least_residual_of_its_krylov_space(most):
    matrix, side = symmetric(12, 3), drawn(12, seed=4)
    found = solved(matrix[None], side[None], most=most)
    basis = torch.stack([torch.linalg.matrix_power(matrix, k) @ side for k in range(most)], dim=1)
    best = basis @ torch.linalg.lstsq(matrix @ basis, side[:, None]).solution[:, 0]
    torch.testing.assert_close(found.solutions[0], best, rtol=1e-7, atol=1e-9)
    assert found.products == most


def test_minres_of_a_singular_system_is_a_solution_of_least_squares():
    matrix, side = symmetric(10, 7, rank=6), drawn(10, seed=8)
    found = solved(matrix[None], side[None])
    expected = torch.linalg.lstsq(matrix, side[:, None], driver="gelsd").solution[:, 0]
    assert float(found.residuals[0]) == pytest.approx(float((matrix @ expected - side).norm()), rel=1e-9)
    assert solved(torch.zeros(1, 3, 3, dtype=double), drawn(1, 3)).solutions.tolist() == [[0, 0, 0]]


def test_minres_ends_at_its_reach():
    matrix, side = symmetric(12, 3), drawn(12, seed=4)
    whole = float(solved(matrix[None], side[None]).solutions.norm())
    short = solved(matrix[None], side[None], reach=0.3 * whole)
    assert short.products < 12
    assert float((matrix @ short.solutions[0] - side).norm()) < float(side.norm())


def network(loss=None):
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Dropout(0.5), nn.Linear(3, 2)).double()
    module(drawn(20, 2))
    return Surface(module, loss or CrossEntropy(), drawn(20, 2), torch.arange(20) % 2)


def test_products_are_those_of_each_points_own_hessian():
    surface = network()
    points, vectors = drawn(3, surface.layout.size, seed=1), drawn(3, surface.layout.size, seed=2)
    recorded = GradientField(surface).at(points)
    found = recorded.products(vectors)
    torch.testing.assert_close(GradientField(surface).gradients(points), recorded.gradients, rtol=0, atol=1e-14)
    for k in range(3):
        hessian = Hessian(surface, points[k])
        torch.testing.assert_close(recorded.gradients[k], hessian.gradient.detach(), rtol=0, atol=1e-12)
        torch.testing.assert_close(found[k], torch.from_numpy(dense(hessian)) @ vectors[k], rtol=0, atol=1e-12)
        assert float(recorded.losses[k]) == pytest.approx(float(hessian.loss.detach()), rel=1e-12)


@named
def test_the_centre_of_a_quadratic_saddle_is_found_with_its_index(method):
    matrix, centre = symmetric(9, 1), drawn(9, seed=2)
    surface = surface_of(lambda w: (w - centre) @ matrix @ (w - centre) / 2 + 3, 9)
    found = critical_points(surface, around(drawn(4, 9, seed=3), noises=(1.0,)), methods=[method])
    assert found.yield_of().found == 8
    for each in found.found:
        torch.testing.assert_close(each.point, centre, rtol=0, atol=1e-5)
        assert each.loss == pytest.approx(3, abs=1e-9)
        assert each.index.at(1e-4) == pytest.approx(5 / 9)
        assert each.index.scale == pytest.approx(float(torch.linalg.eigvalsh(matrix).abs().max()))
    assert found.distinct == 1
    if isinstance(method, NewtonMR):
        assert max(each.steps for each in found.found) <= 8


# Of more steps, or more vectors of Lanczos, even rounding would make another path.
@pytest.mark.parametrize(
    "method", [NewtonMR(steps=4, most_products=4), GradientNorm(steps=4)], ids=["Newton-MR", "gradient norm"]
)
def test_searches_end_alike_whatever_goes_on_beside_them(monkeypatch, method):
    surface = network()
    starts = around(drawn(3, surface.layout.size, seed=4), noises=(0.3,))
    whole, lines = critical_points(surface, starts, methods=[method]).found, []
    # Less memory than a search takes: each is alone, and they are told as such.
    monkeypatch.setattr("analysis.critical.search._memory", 1)
    alone = critical_points(surface, starts, methods=[method], tell=lines.append).found
    assert len([line for line in lines if "searching from" in line]) == len(starts) == 6
    for one, other in zip(whole, alone, strict=True):
        assert (one.start, one.outcome) == (other.start, other.outcome)
        torch.testing.assert_close(one.point, other.point, rtol=0, atol=1e-9)


def test_an_interrupt_ends_all_searches_at_their_next_step(monkeypatch):
    surface, stops, ended = network(), [], Event()
    starts = around(drawn(3, surface.layout.size), noises=())

    def interrupted(field, points, method, *, stopped, **asked):
        # The interrupt may reach the main thread before it has handed out all searches: those find the word given.
        if not stopped.is_set():
            os.kill(os.getpid(), signal.SIGINT)
            stops.append(stopped.wait(20))
            ended.set()
        return descend(field, points, method, stopped=stopped, **asked)

    monkeypatch.setattr("analysis.critical.search._memory", 1)
    monkeypatch.setattr("analysis.critical.search.descend", interrupted)
    with pytest.raises(KeyboardInterrupt):
        critical_points(surface, starts, methods=[NewtonMR()])
    # A thread that the interrupt met while it was being started is not waited for.
    assert ended.wait(20)
    assert stops == [True]  # the other two have not begun
    stopped = Event()
    stopped.set()
    with pytest.raises(CancelledError):
        descend(GradientField(surface), drawn(1, surface.layout.size), NewtonMR(), tolerance=0, far=10, stopped=stopped)


@named
def test_the_linear_network_of_two_weights_has_its_saddle_at_the_origin_and_minima_on_a_hyperbola(method):
    x, t = 1.5, 2.0
    module = ScalarNetwork(Identity()).build((1,), 1).double()
    surface = Surface(module, SquaredError(), torch.tensor([[x]], dtype=double), torch.tensor([[t]], dtype=double))
    # w₁ = −w₂ leads to the saddle, by symmetry; the others to w₁ w₂ x = t.
    starts = around(torch.tensor([[0.3, -0.3], [1.0, 0.8], [-0.9, -1.2]], dtype=double), noises=())
    saddle, *minima = critical_points(surface, starts, methods=[method]).found
    torch.testing.assert_close(saddle.point, torch.zeros(2, dtype=double), rtol=0, atol=1e-7)
    assert (saddle.outcome, saddle.index.at(1e-4)) == ("critical", 0.5)
    np.testing.assert_allclose(saddle.spectrum.values, [-x * t, x * t], atol=1e-6)
    for each in minima:
        assert (each.outcome, each.index.at(1e-4)) == ("critical", 0)
        assert float(each.point.prod()) * x == pytest.approx(t, rel=1e-6)
        assert each.loss == pytest.approx(0, abs=1e-12)


def test_rosenbrock_has_its_minimum_and_a_cubic_its_saddle_too():
    starts = around(torch.tensor([[-1.2, 1.0], [0.5, 2.0]], dtype=double), noises=())
    found = critical_points(surface_of(rosenbrock, 2), starts, methods=[NewtonMR()])
    for each in found.critical:
        torch.testing.assert_close(each.point, torch.ones(2, dtype=double), rtol=0, atol=1e-6)
    assert found.yield_of().found >= 1
    cubic = surface_of(lambda w: w[0] ** 3 / 3 - w[0] + w[1] ** 2 / 2, 2)
    starts = around(torch.tensor([[-2.0, 1.0], [1.7, -1.0]], dtype=double), noises=())
    saddle, minimum = critical_points(cubic, starts, methods=[NewtonMR()]).critical
    np.testing.assert_allclose(saddle.point, [-1, 0], atol=1e-7)
    np.testing.assert_allclose(minimum.point, [1, 0], atol=1e-7)
    assert (saddle.index.at(1e-4), minimum.index.at(1e-4)) == (0.5, 0)
    assert (saddle.loss, minimum.loss) == (pytest.approx(2 / 3), pytest.approx(-2 / 3))


@named
def test_a_gradient_in_the_kernel_of_the_hessian_is_no_critical_point(method):
    """``x³/3 + x + y²/2`` has the gradient (x² + 1, y): its norm has a minimum at the origin, and is 1 there."""
    surface = surface_of(lambda w: w[0] ** 3 / 3 + w[0] + w[1] ** 2 / 2, 2)
    (each,) = critical_points(surface, around(drawn(1, 2, seed=1), noises=()), methods=[method]).found
    assert each.outcome == "gradient-flat"
    assert each.gradient_norm == pytest.approx(1, rel=1e-4)
    assert abs(float(each.point[1])) < 1e-3
    assert "‖Hg‖" in each.reason


def test_what_runs_away_and_what_is_not_finite_has_diverged_and_is_kept():
    surface = surface_of(lambda w: (-w[0]).exp(), 1)
    starts = torch.tensor([[1.0], [-1000.0]], dtype=double)
    found = critical_points(surface, around(starts, noises=()))
    assert [each.outcome for each in found.found] == ["diverged"] * 4
    assert found.found[0].growth > 100
    assert (found.found[1].spectrum, found.found[1].to_json()["loss"]) == (None, None)
    torch.testing.assert_close(found.found[1].point, starts[1])
    assert any("4 diverged" in check for check in found.checks)


def test_a_search_that_is_given_up_says_so():
    starts = around(torch.tensor([[-1.2, 1.0]], dtype=double), noises=())
    found = critical_points(surface_of(rosenbrock, 2), starts, methods=[NewtonMR(steps=2), GradientNorm(steps=3)])
    assert [(each.outcome, each.steps) for each in found.found] == [("not converged", 2), ("not converged", 3)]
    assert "still" in found.found[0].reason


def test_a_search_that_gets_nowhere_is_given_up_early():
    squares = np.concatenate([0.9 ** np.arange(12), np.full(20, 0.9**12)])
    standstill = Standstill(2, patience=5)
    rows, both = torch.arange(2), []
    for step, square in enumerate(squares):
        # The second falls on; each is looked at twice at a step, as after a search beside it has ended.
        now = torch.tensor([square, 0.9**step], dtype=double)
        steps = torch.full((2,), step)
        both.append(standstill.of(rows, steps, now).tolist())
        assert not standstill.of(rows, steps, now).any()
    stalled = [step for step, (first, _) in enumerate(both) if first]
    # At the fifteenth step it was higher five steps before, at the twentieth it was not.
    assert stalled[0] == 20
    assert not any(second for _, second in both)
    surface, start = surface_of(rosenbrock, 2), around(torch.tensor([[-1.2, 1.0]], dtype=double), noises=())[0]
    found = found_at(surface, start, start.point, "any", 5, Criteria(), standstill.words)
    assert found.outcome == "not converged"
    assert found.reason.endswith("; ½‖g‖² fell by less than 2 % in 5 steps")


def test_scipy_finds_no_other_point_where_a_network_has_a_critical_one():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    surface = Surface(module, SquaredError(), drawn(15, 1), drawn(15, 1, seed=5))
    starts = around(drawn(6, surface.layout.size, seed=1), noises=())
    found = critical_points(surface, starts, methods=[NewtonMR()])
    assert found.yield_of().found >= 2
    field = GradientField(surface)
    for each in found.critical:
        gradient = field.gradients(each.point[None])[0]
        assert float(gradient.norm()) < 1e-7 * each.index.scale * max(1, float(each.point.norm()))
        own = root(lambda row: field.gradients(torch.from_numpy(row)[None])[0].numpy(), each.point.numpy(), tol=1e-12)
        assert float(np.linalg.norm(own.fun)) < 1e-7
        assert float(surface.mean_loss(torch.from_numpy(own.x)).detach()) == pytest.approx(each.loss, abs=1e-6)
        hessian = Hessian(surface, each.point)
        np.testing.assert_allclose(each.spectrum.values, np.linalg.eigvalsh(dense(hessian)), atol=1e-12)


def test_a_search_is_the_same_whatever_it_is_searched_with():
    surface = network()
    starts = around(drawn(3, surface.layout.size, seed=6), noises=(0.2,))
    together = critical_points(surface, starts, methods=[GradientNorm(steps=5)])
    for start, each in zip(starts, together.found, strict=True):
        (alone,) = critical_points(surface, [start], methods=[GradientNorm(steps=5)]).found
        torch.testing.assert_close(alone.point, each.point, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("relative", "flatness", "growth", "outcome"),
    [
        (1e-9, 0.1, 1.0, "critical"),
        (1e-9, 1e-4, 1.0, "gradient-flat"),
        (1e-15, 1e-4, 1.0, "critical"),
        (0.0, math.nan, 1.0, "critical"),
        (1e-3, 1e-4, 1.0, "gradient-flat"),
        (1e-3, 0.1, 1.0, "not converged"),
        (1e-9, 0.1, 101.0, "diverged"),
        (math.nan, math.nan, 1.0, "diverged"),
        (math.inf, 0.0, 1.0, "gradient-flat"),
    ],
)
def test_an_end_is_judged_by_the_criteria(relative, flatness, growth, outcome):
    judged, reason = Criteria().judge(relative_gradient=relative, flatness=flatness, growth=growth)
    assert judged == outcome
    assert reason


def test_the_index_falls_with_its_tolerance_and_counts_what_is_below():
    values = np.array([-4.0, -0.04, -4e-6, 0.0, 0.0, 1.0, 2.0, 3.0])
    sweep = IndexSweep.of(ExactSpectrum(values))
    for epsilon, share in zip(sweep.epsilons, sweep.shares, strict=True):
        assert share == np.mean(values < -4 * epsilon)
    assert (sweep.at(1e-7), sweep.at(1e-4), sweep.at(0.1)) == (3 / 8, 2 / 8, 1 / 8)
    surface = surface_of(lambda w: (w * w * torch.tensor([1.0, -2.0, 0.0], dtype=double)).sum(), 3)
    assert index_sweep(surface, drawn(3)).at(1e-3) == pytest.approx(1 / 3)


def test_starts_lie_as_far_from_their_origins_as_they_say():
    points = drawn(2, 50)
    starts = around(points, ["initial", "snapshot"], noises=(0.1, 2.0), draws=3, seed=4)
    assert len(starts) == 2 * (1 + 2 * 3)
    assert len({tuple(each.point.tolist()) for each in starts}) == len(starts)
    for each in starts:
        origin = points[each.origin]
        assert each.kind == ("initial", "snapshot")[each.origin]
        assert float((each.point - origin).norm()) == pytest.approx(each.noise * float(origin.norm()), abs=1e-12)
    again = around(points, noises=(0.1,), draws=1, seed=4)
    assert torch.equal(again[1].point, starts[1].point)
    line = between(torch.tensor([[0.0], [4.0], [0.0]], dtype=double), 3)
    assert line.flatten().tolist() == [1, 2, 3, 3, 2, 1]


def test_what_cannot_be_searched_is_refused():
    surface = network()
    starts = around(drawn(1, surface.layout.size))
    single = Surface(nn.Linear(2, 2), CrossEntropy(), drawn(4, 2).float(), torch.arange(4) % 2)
    with pytest.raises(InvalidInput, match="double precision"):
        critical_points(single, starts)
    with pytest.raises(InvalidInput, match="no starts"):
        critical_points(surface, [])
    with pytest.raises(InvalidInput, match=r"Surface\.row"):
        critical_points(surface, around(drawn(1, 4)))
    large = Surface(nn.Linear(101, 101).double(), CrossEntropy(), drawn(4, 101), torch.arange(4))
    with pytest.raises(InvalidInput, match="10,302 parameters"):
        critical_points(large, around(drawn(1, 10302)))
    with pytest.raises(InvalidInput, match="kinds"):
        around(drawn(2, 3), ["initial"])
    with pytest.raises(InvalidInput, match="one at least"):
        around(drawn(3))
    with pytest.raises(InvalidInput, match="flat"):
        Criteria(flat=0)
    with pytest.raises(InvalidInput, match="steps"):
        NewtonMR(steps=0)
    with pytest.raises(InvalidInput, match="memory"):
        GradientNorm(memory=0)
