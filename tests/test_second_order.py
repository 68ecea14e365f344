"""Second-order optimizers: where their steps lead, what they solve with, and what they refuse."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers import full_hessian
from lightning_modules.optimizers.cubic_interpolation import Point, cubic_minimum
from lightning_modules.optimizers.curvature_memory import no_memory, quasi_newton_direction, remember
from lightning_modules.optimizers.damped_newton import DampedNewton
from lightning_modules.optimizers.lbfgs import LBFGS
from lightning_modules.optimizers.newton import Newton
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.strong_wolfe import strong_wolfe
from tests.optimizer_steps import Waves, draw_problem, update_all

double = torch.float64


class Quadratic(Objective):
    """``½ (w − c)ᵀ A (w − c)`` for each run; it counts the rows that it is asked for."""

    def __init__(self, matrices, centers):
        self._matrices, self._centers, self.rows = matrices, centers, []

    def value_and_gradient(self, weights, runs=None):
        runs = torch.arange(len(weights)) if runs is None else runs
        self.rows.append(runs.tolist())
        away = weights - self._centers[runs]
        gradient = (self._matrices[runs] @ away[:, :, None])[:, :, 0]
        return (away * gradient).sum(dim=1) / 2, gradient

    def hessian(self, weights, runs=None):
        return self._matrices.clone() if runs is None else self._matrices[runs].clone()


def quadratics(seed, eigenvalues):
    """One quadratic a row of eigenvalues, in random axes, and weights to start from."""
    generator = torch.Generator().manual_seed(seed)
    runs, size = eigenvalues.shape
    axes = torch.linalg.qr(torch.randn(runs, size, size, generator=generator, dtype=double))[0]
    centers, start = torch.randn(2, runs, size, generator=generator, dtype=double)
    return Quadratic(axes @ torch.diag_embed(eigenvalues) @ axes.mT, centers), centers, start


@given(seed=st.integers(0, 99))
@settings(max_examples=10)
def test_newton_lands_on_the_minimum_of_a_quadratic_in_one_step(seed):
    """Which it would miss by half the way without the ½ of the expansion, or with g and H elsewhere."""
    objective, centers, start = quadratics(seed, torch.rand(4, 9, dtype=double) * 100 + 0.5)
    weights, losses, _ = update_all([Newton()] * 4, start, [objective], [1.0])
    torch.testing.assert_close(weights, centers, rtol=0, atol=1e-11)
    torch.testing.assert_close(losses[0], objective.value_and_gradient(start)[0], rtol=0, atol=0)
    half, _, _ = update_all([Newton(0.25)] * 4, start, [objective], [2.0])
    torch.testing.assert_close(half, (start + centers) / 2, rtol=0, atol=1e-11)


def test_newton_is_drawn_to_a_saddle_which_gradient_descent_and_damping_leave():
    objective, saddle, start = quadratics(3, torch.tensor([[5.0, 2.0, -1.0]], dtype=double))
    before = objective.value_and_gradient(start)[0]
    weights, _, _ = update_all([Newton()], start, [objective], [1.0])
    torch.testing.assert_close(weights, saddle, rtol=0, atol=1e-12)
    damped, losses, _ = update_all([DampedNewton(damping=1.5)], start, [objective] * 10, [1.0] * 10)
    assert (losses.diff(dim=0) < 0).all()
    assert objective.value_and_gradient(damped)[0] < before - 1
    weak, _, _ = update_all([DampedNewton(damping=0.25)], start, [objective] * 60, [1.0] * 60)
    torch.testing.assert_close(weak, saddle, rtol=0, atol=1e-6)


def test_newton_stays_along_directions_without_curvature():
    """Where the loss is flat the minimum nearest to the start is reached: the rest of the start remains."""
    eigenvalues = torch.tensor([[3.0, 1.0, 0.0, 0.0], [3.0, 1.0, 2.0, 0.5], [0.0] * 4], dtype=double)
    objective, centers, start = quadratics(1, eigenvalues)
    weights, _, _ = update_all([Newton()] * 3, start, [objective], [1.0])
    matrices, away = objective.hessian(start), (centers - start)[:, :, None]
    onto = torch.linalg.pinv(matrices, hermitian=True, rtol=1e-12) @ matrices
    torch.testing.assert_close(weights, start + (onto @ away)[:, :, 0], rtol=0, atol=1e-12)
    torch.testing.assert_close(weights[1], centers[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(weights[2], start[2], rtol=0, atol=0)


@pytest.mark.parametrize("rule", [Newton(), DampedNewton(damping=0.5)], ids=str)
def test_a_run_without_a_step_leaves_its_neighbours_every_bit(rule):
    # An infinite Hessian, and one that the damping makes exactly singular.
    broken = torch.full((2, 2), math.inf, dtype=double) if isinstance(rule, Newton) else -0.5 * torch.eye(2).double()
    _, centers, start = quadratics(0, torch.tensor([[1.0, 2.0]] * 3, dtype=double))
    matrices = torch.stack([torch.tensor([[2.0, 0.3], [0.3, 1.0]], dtype=double)] * 3)
    sound, _, _ = update_all([rule] * 3, start, [Quadratic(matrices, centers)], [1.0])
    matrices = matrices.index_copy(0, torch.tensor([1]), broken[None])
    weights, _, _ = update_all([rule] * 3, start, [Quadratic(matrices, centers)], [1.0])
    assert not weights[1].isfinite().any()
    torch.testing.assert_close(weights[[0, 2]], sound[[0, 2]], rtol=0, atol=0)


@pytest.mark.parametrize("runs_at_once", [1, 2, 5])
def test_blocks_of_runs_give_the_same_bits_as_all_at_once(runs_at_once, monkeypatch):
    weights, tilts, _ = draw_problem(0, runs=5, steps=4)
    rules = [DampedNewton(0.5 + 0.1 * i, 0.1 * 3**i) for i in range(5)]
    objectives = [Waves(tilt) for tilt in tilts]
    expected = update_all(rules, weights, objectives, [1.0] * 4)[0]
    monkeypatch.setattr(full_hessian, "_bytes", runs_at_once * 8 * 13**2)
    torch.testing.assert_close(update_all(rules, weights, objectives, [1.0] * 4)[0], expected, rtol=0, atol=0)


@pytest.mark.parametrize("rule", [Newton(), DampedNewton()], ids=str)
def test_too_many_parameters_are_refused_before_a_step(rule):
    assert rule.state(torch.empty(2, 5000)) == {}
    with pytest.raises(InvalidInput, match=r"the model has 5,001 parameters: give it a model of at most 5,000"):
        rule.state(torch.empty(2, 5001))


def test_the_two_loops_are_the_dense_updates_of_rank_two():
    generator = torch.Generator().manual_seed(0)
    size, runs, pairs = 6, 3, 4
    matrix = torch.diag(torch.arange(1.0, size + 1, dtype=double))
    memory = no_memory(torch.zeros(runs, size, dtype=double), 3)
    steps = torch.randn(pairs, runs, size, generator=generator, dtype=double)
    for pair, step in enumerate(steps):
        kept = torch.tensor([run for run in range(runs) if pair >= run])  # memories of 4, 3 and 2 steps, 3 at most
        remember(memory, kept, step[kept], step[kept] @ matrix)
        remember(memory, kept, step[kept], -step[kept])  # negative curvature is not remembered
    assert memory["remembered"].tolist() == [4, 3, 2]
    one = torch.eye(size, dtype=double)
    for run in range(runs):
        remembered = [steps[pair, run] for pair in range(max(run, 1), pairs)]
        last = remembered[-1] @ matrix
        inverse = one * (remembered[-1] @ last) / (last @ last)
        for s in remembered:
            y, rho = s @ matrix, 1 / (s @ matrix @ s)
            before = inverse
            inverse = (one - rho * torch.outer(s, y)) @ inverse @ (one - rho * torch.outer(y, s)) + rho * torch.outer(
                s, s
            )
            assert torch.linalg.matrix_rank(inverse - before, atol=1e-10) == 2
        directions = quasi_newton_direction(memory, torch.full((size,), run), one)
        torch.testing.assert_close(directions, -inverse, rtol=0, atol=1e-12)


def test_lbfgs_solves_a_quadratic_which_takes_gradient_descent_hundreds_of_steps():
    objective, centers, start = quadratics(5, torch.logspace(0, 3, 10, dtype=double).repeat(3, 1))
    rule = LBFGS(max_iterations=40, change_tolerance=0, line_search="strong_wolfe")
    weights, _, _ = update_all([rule] * 3, start, [objective] * 2, [1.0] * 2)
    torch.testing.assert_close(weights, centers, rtol=0, atol=1e-6)


def test_runs_whose_search_has_ended_are_not_evaluated():
    eigenvalues = torch.tensor([[1.0, 1.0], [1.0, 400.0], [1e-3, 7.0]], dtype=double)
    objective, centers, start = quadratics(2, eigenvalues)
    start[0] = centers[0]
    update_all([LBFGS(line_search="strong_wolfe")] * 3, start, [objective], [1.0])
    assert objective.rows[0] == [0, 1, 2]
    assert all(rows in ([1], [2], [1, 2]) for rows in objective.rows[1:])
    assert {len(rows) for rows in objective.rows[1:]} == {1, 2}


@pytest.mark.parametrize("dtype", [torch.float32, double], ids=["single", "double"])
def test_rows_of_thousands_of_parameters_have_the_bits_of_a_run_alone(dtype):
    weights, tilts, multipliers = draw_problem(0, runs=4, parameters=4099, steps=4, dtype=dtype)
    rules = [LBFGS(0.2 + 0.1 * i, 5, line_search="strong_wolfe", change_tolerance=10.0 ** (i - 9)) for i in range(4)]
    together = update_all(rules, weights, [Waves(tilt) for tilt in tilts], multipliers)
    for row, rule in enumerate(rules):
        alone = update_all([rule], weights[[row]], [Waves(tilt[[row]]) for tilt in tilts], multipliers)
        torch.testing.assert_close(together[0][[row]], alone[0], rtol=0, atol=0)
        torch.testing.assert_close(together[1][:, [row]], alone[1], rtol=0, atol=0)


def line(function, slope, step):
    return Point(step, function(step), slope(step), torch.zeros(0))


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 3), st.floats(0.1, 4))
def test_the_minimum_of_a_cubic_is_found_from_either_side(left, width_factor, leading, center):
    """A cubic with its minimum at `center`: ``a (x − c)³ + (x − c)²`` from two of its points."""
    right = left + 0.1 + abs(width_factor)

    def value(x):
        return leading * (x - center) ** 3 + (x - center) ** 2

    def slope(x):
        return 3 * leading * (x - center) ** 2 + 2 * (x - center)

    points = line(value, slope, left), line(value, slope, right)
    assert cubic_minimum(*points, -100, 100) == pytest.approx(center, abs=1e-6)
    assert cubic_minimum(*points[::-1], -100, 100) == pytest.approx(center, abs=1e-6)
    assert cubic_minimum(*points, center + 1, center + 2) == center + 1


def test_a_cubic_without_a_minimum_gives_the_middle_and_an_overflow_raises_nothing():
    assert cubic_minimum(Point(0.0, 0.0, 1.0, None), Point(1.0, 0.5, 1.0, None), 0, 4) == 2
    assert cubic_minimum(Point(0.0, 0.0, -1e300, None), Point(1.0, 0.0, -1e300, None), 0, 4) == 2
    assert math.isnan(cubic_minimum(Point(0.0, 0.0, -1.0, None), Point(1.0, 1e200, 1.0, None), 0, 1))
    assert cubic_minimum(Point(2.0, 0.0, 1.0, None), Point(2.0, 0.0, 1.0, None), 1, 5) == 3


@given(st.floats(0.01, 10), st.floats(0.05, 20), st.floats(-2, 2))
@settings(max_examples=200)
def test_a_search_ends_where_the_strong_wolfe_conditions_hold(first, place, wave):
    def value(t):
        return (t - place) ** 2 / 2 + wave * math.sin(t)

    def slope(t):
        return t - place + wave * math.cos(t)

    start = line(value, slope, 0.0)
    assume(start.slope < -0.01)
    search = strong_wolfe(start, first, 1.0, 1e-9, 60)
    wanted = next(search)
    try:
        while True:
            wanted = search.send(line(value, slope, wanted))
    except StopIteration as end:
        point = end.value
    assert point.step > 0
    assert point.loss <= start.loss + 1e-4 * point.step * start.slope
    assert abs(point.slope) <= 0.9 * abs(start.slope)
    assert (point.loss, point.slope) == (value(point.step), slope(point.step))


def test_a_small_batch_misleads_lbfgs_where_the_full_batch_does_not():
    """The curvature between the gradients of two different batches is that of no function."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(200, 10, generator=generator, dtype=double)
    answers = inputs @ torch.randn(10, generator=generator, dtype=double)
    answers += torch.randn(200, generator=generator, dtype=double)

    def squares(rows):
        x, y = inputs[rows], answers[rows]
        matrix = x.T @ x / len(rows)
        return Quadratic(matrix[None], torch.linalg.lstsq(x, y).solution[None])

    full = squares(torch.arange(200))
    batches = [squares(rows) for rows in torch.randperm(200, generator=generator).split(12)]
    rule, start = LBFGS(max_iterations=4, change_tolerance=0), torch.zeros(1, 10, dtype=double)
    mean = full.value_and_gradient
    settled, _, _ = update_all([rule], start, [full] * len(batches), [1.0] * len(batches))
    misled, _, _ = update_all([rule], start, batches, [1.0] * len(batches))
    assert mean(settled)[0] < 1e-12
    assert np.isnan(mean(misled)[0].item()) or mean(misled)[0] > 0.1
