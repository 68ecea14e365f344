"""Trajectories: recorded weights, principal components and their plane, against numpy, closed forms and plain loops."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from analysis.figures.contours import scale
from analysis.figures.trajectory import draw
from analysis.run_surface import training_surface
from analysis.style import styled
from analysis.surface import Surface
from analysis.trajectories.plane import trajectory_plane
from analysis.trajectories.principal import principal, share_of_random_walk
from analysis.trajectories.trajectory import Trajectory, recorded
from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.training.fit import fit
from tests.conftest import plain_loop, worst

double = torch.float64
moons, mlp = Moons(examples=200), MLP(widths=(6,))


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=double)


def run_of(*, rate=0.1, epochs=4, data=moons, model=mlp):
    recipe = Recipe(
        data=data,
        model=model,
        optimizer=SGD(rate, momentum=0.9),
        schedule=CyclicCosine(epochs),
        batch_size=32,
        epochs=epochs,
    )
    return Run(recipe, Seeds.all(3))


def normalized_run():
    return run_of(data=Subset(Digits(), 100), model=CNN((3,), normalization=BatchNormalization()))


def regression(parameters=6, seed=0):
    """A linear regression: its loss is a quadratic form in the weights."""
    inputs, targets = drawn(30, parameters, seed=seed), drawn(30, 1, seed=seed + 1)
    return Surface(nn.Linear(parameters, 1, bias=False).double(), SquaredError(), inputs, targets), inputs, targets


def test_a_recorded_run_goes_through_the_weights_of_a_plain_loop_and_through_its_snapshots():
    run = run_of()
    found = recorded(run)
    assert found.steps.tolist() == [0, 4, 8, 12, 16]
    plain = plain_loop(run, stops=tuple(range(4, 17, 4)))
    for step, state in zip(found.steps[1:].tolist(), found.states[1:], strict=True):
        assert worst(state, plain.weights[step]) < 1e-4
    (result,) = fit([run])
    for snapshot in result.snapshots:
        state = found.states[found.steps.tolist().index(snapshot.step)]
        assert state.keys() == snapshot.weights.keys()
        for name, value in snapshot.weights.items():
            np.testing.assert_array_equal(state[name], value)


def test_every_third_epoch_and_the_last_are_points():
    assert recorded(run_of(epochs=5), every=3).steps.tolist() == [0, 12, 20]


def test_the_way_of_a_run_that_diverges_ends_there():
    found = recorded(run_of(rate=1e30))
    assert found.steps.tolist() == [0]


def test_running_statistics_belong_to_the_points():
    run = normalized_run()
    found = recorded(run)
    surface = training_surface(run.recipe, run.seeds, found.states[-1], double)
    rows = found.rows(surface)
    for index, state in enumerate(found.states):
        own = training_surface(run.recipe, run.seeds, state, double)
        expected = own.mean_loss(own.row(state)).item()
        assert found.surface_at(surface, index).mean_loss(rows[index]).item() == pytest.approx(expected, rel=1e-12)
    assert surface.mean_loss(rows[0]).item() != pytest.approx(
        found.surface_at(surface, 0).mean_loss(rows[0]).item(), rel=1e-3
    )
    little = Surface(surface.module, surface.loss, surface.inputs, surface.targets, memory=2**16)
    assert len(found.surface_at(little, 0).blocks) == len(little.blocks) > 1


def test_state_dicts_of_any_module_make_a_trajectory():
    surface, *_ = regression()
    modules = [nn.Linear(6, 1, bias=False).double() for _ in range(3)]
    found = Trajectory.of([each.state_dict() for each in modules])
    assert found.steps.tolist() == [0, 1, 2]
    expected = torch.stack([each.weight.detach()[0] for each in modules])
    torch.testing.assert_close(found.rows(surface), expected, rtol=0, atol=0)
    assert found.surface_at(surface, 1) is surface
    with pytest.raises(InvalidInput, match="recipe's model"):
        Trajectory.of([nn.Linear(2, 1).state_dict()]).rows(surface)


@pytest.mark.parametrize(
    ("states", "steps", "message"),
    [
        ([], [], "at least one"),
        ([{}, {}], [1], "one step for each state"),
        ([{}, {}], [2, 2], "do not rise"),
    ],
    ids=["none", "counts", "order"],
)
def test_what_is_no_trajectory_is_refused(states, steps, message):
    with pytest.raises(InvalidInput, match=message):
        Trajectory.of(states, steps)


@settings(max_examples=30, deadline=None)
@given(
    points=st.integers(4, 12),
    parameters=st.integers(12, 60),
    seed=st.integers(0, 2**31),
    relative_to=st.sampled_from(["end", "mean"]),
)
def test_the_components_are_those_of_a_singular_value_decomposition(points, parameters, seed, relative_to):
    rows = drawn(points, parameters, seed=seed)
    found = principal(rows, 2, relative_to)
    origin = rows[-1] if relative_to == "end" else rows.mean(dim=0)
    differences = (rows - origin).numpy()
    _, values, right = np.linalg.svd(differences, full_matrices=False)
    np.testing.assert_allclose(found.explained[: len(values)], values**2 / (values**2).sum(), atol=1e-10)
    np.testing.assert_allclose(np.abs(right[:2] @ found.basis.numpy().T), np.eye(2), atol=1e-6)
    np.testing.assert_allclose(found.basis @ found.basis.T, np.eye(2), atol=1e-12)
    # Pythagoras: what lies in the plane and what lies off it make up the distance.
    in_plane = (found.coordinates**2).sum(axis=1)
    np.testing.assert_allclose(in_plane + found.residuals**2, (differences**2).sum(axis=1), rtol=1e-10, atol=1e-12)
    assert in_plane.sum() / (differences**2).sum() == pytest.approx(found.explained[:2].sum(), rel=1e-9)
    assert (found.coordinates[0] >= 0).all()


def test_a_path_within_a_plane_is_explained_by_it():
    axes = torch.linalg.qr(drawn(40, 2)).Q.T
    angles = torch.linspace(0, 3, 9, dtype=double)
    rows = drawn(40, seed=1) + torch.stack([5 * angles.cos(), angles.sin()], dim=1) @ axes
    found = principal(rows)
    assert found.explained[:2].sum() == pytest.approx(1, abs=1e-12)
    assert found.residuals.max() < 1e-12
    for a in range(9):
        for b in range(9):
            distance = math.dist(found.coordinates[a], found.coordinates[b])
            assert distance == pytest.approx((rows[a] - rows[b]).norm().item(), abs=1e-12)
    assert found.coordinates[-1].tolist() == [0, 0]


@pytest.mark.parametrize("relative_to", ["end", "mean"])
def test_a_random_walk_is_explained_as_announced(relative_to):
    rows = drawn(20, 200_000, seed=5).cumsum(dim=0)
    found = principal(rows, 2, relative_to)
    assert found.explained[:2].sum() == pytest.approx(share_of_random_walk(20, 2, relative_to), abs=5e-3)


def test_the_share_of_a_walk_of_two_steps_is_its_closed_form():
    # The Gram matrix of the points before the end is ((2, 1), (1, 1)).
    assert share_of_random_walk(3, 1, "end") == pytest.approx((3 + math.sqrt(5)) / 2 / 3, rel=1e-12)


def test_the_shares_of_a_long_random_walk_are_those_of_brownian_motion():
    assert share_of_random_walk(1500, 2, "end") == pytest.approx(8 / math.pi**2 * (1 + 1 / 9), abs=1e-3)
    assert share_of_random_walk(1500, 2, "mean") == pytest.approx(6 / math.pi**2 * (1 + 1 / 4), abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (drawn(2, 5), {}, "at least 3 points"),
        (torch.outer(torch.arange(4.0), torch.ones(5)), {}, "on a line"),
        (torch.ones(4, 5), {}, "on a line or coincide"),
        (torch.full((4, 5), torch.nan), {}, "not finite"),
        (drawn(4, 5), {"relative_to": "start"}, "give 'end' or 'mean'"),
    ],
    ids=["few", "line", "one point", "nan", "reference"],
)
def test_points_without_a_plane_are_refused(rows, arguments, message):
    with pytest.raises(InvalidInput, match=message):
        principal(rows, **arguments)


@pytest.mark.parametrize("relative_to", ["end", "mean"])
def test_losses_on_the_plane_and_at_the_points_are_those_of_the_quadratic_form(relative_to):
    surface, inputs, targets = regression()

    def loss(point):
        return ((inputs @ point - targets[:, 0]) ** 2).mean().item() / 2

    rows = drawn(7, 6, seed=9).cumsum(dim=0)
    found = trajectory_plane(surface, rows, relative_to=relative_to, points=4)
    for row, expected in zip(rows, found.true_losses, strict=True):
        assert loss(row) == pytest.approx(expected, rel=1e-12)
    # The projection by least squares, a route without the components' coordinates.
    basis, origin = found.principal.basis, found.principal.origin
    for row, residual, expected in zip(rows, found.principal.residuals, found.plane_losses, strict=True):
        shares = torch.linalg.lstsq(basis.T, (row - origin)[:, None]).solution
        projection = origin + (basis.T @ shares)[:, 0]
        assert (row - projection).norm().item() == pytest.approx(residual, abs=1e-10)
        assert loss(projection) == pytest.approx(expected, rel=1e-9)
    for row, y in enumerate(found.plane.y):
        for column, x in enumerate(found.plane.x):
            assert loss(origin + x * basis[0] + y * basis[1]) == pytest.approx(found.plane.losses[row, column])
    marks = found.plane.marks
    assert found.plane.x[0] < marks[:, 0].min() < marks[:, 0].max() < found.plane.x[-1]
    assert found.plane.y[0] < marks[:, 1].min() < marks[:, 1].max() < found.plane.y[-1]
    gap = np.abs(found.true_losses - found.plane_losses).max()
    assert any(f"by up to {gap:.3g} (true" in check for check in found.checks)
    share = 100 * found.principal.explained[:2].sum()
    assert found.checks[0].startswith(f"the plane explains {share:.0f} % of the path")


def test_three_points_are_told_to_explain_nothing():
    surface, *_ = regression()
    found = trajectory_plane(surface, drawn(3, 6, seed=2), points=2)
    assert found.explained == pytest.approx(1)
    assert "three points always lie in one plane: that it explains all says nothing" in found.checks


def test_statistics_are_treated_alike_at_points_and_projections():
    run = normalized_run()
    way = recorded(run)
    surface = training_surface(run.recipe, run.seeds, way.states[-1], double)
    rows = way.rows(surface)
    anew, frozen = (trajectory_plane(surface, rows, points=2, statistics=each) for each in ("re-estimated", "frozen"))
    last = surface.mean_loss(rows[-1]).item()
    assert frozen.true_losses[-1] == pytest.approx(last, rel=1e-9)
    assert frozen.plane_losses[-1] == pytest.approx(last, rel=1e-9)
    assert anew.plane_losses[-1] == pytest.approx(anew.true_losses[-1], rel=1e-9)
    assert abs(anew.true_losses[0] - frozen.true_losses[0]) > 1e-3
    assert "running statistics of batch normalization are estimated anew at every point" in anew.checks


def test_what_is_not_finite_stays_so_and_is_counted():
    module = nn.Linear(2, 2, bias=False)
    surface = Surface(module, CrossEntropy(), 1e20 * torch.ones(4, 2), torch.arange(4) % 2)
    rows = torch.zeros(4, 4)
    rows[0, 0], rows[1, 1] = 1e30, 1e29
    found = trajectory_plane(surface, rows, points=3)
    assert not np.isfinite(found.true_losses[0])
    assert any("not finite" in check for check in found.checks)
    assert found.to_json()["true_losses"][0] is None
    with styled():
        drawing = draw({"lost": found})
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["not finite", "points", "first", "last"]


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (drawn(4, 5), {}, "none of the model's 6 parameters"),
        (drawn(4, 6), {"points": 1}, "points"),
        (drawn(4, 6), {"margin": -1}, "margin"),
    ],
    ids=["model", "points", "margin"],
)
def test_a_plane_that_cannot_be_drawn_is_refused(rows, arguments, message):
    with pytest.raises(InvalidInput, match=message):
        trajectory_plane(regression()[0], rows, **arguments)


def test_the_figure_shows_the_plane_and_the_way_over_it():
    surface, *_ = regression()
    found = {name: trajectory_plane(surface, drawn(5, 6, seed=seed), points=5) for seed, name in enumerate("abc")}
    with styled():
        drawing = draw(found, "nats")
    panels = [axes for axes in drawing.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["a: 5 points", "b: 5 points", "c: 5 points"]
    for axes, each in zip(panels, found.values(), strict=True):
        np.testing.assert_array_equal(axes.lines[1].get_xydata(), each.plane.marks)
        np.testing.assert_array_equal(axes.lines[-1].get_xydata(), [[0, 0]])
    assert [text.get_text() for text in drawing.legends[0].get_texts()] == ["points", "first", "last"]


@pytest.mark.parametrize(
    ("losses", "logarithmic", "low", "high"),
    [
        ([[1e-3, 1.0], [np.nan, 10.0]], True, 1e-3, 10.0),
        ([[0.0, 1e-3], [np.inf, 1.0]], True, 1e-3, 1.0),
        ([[1e-30, 1.0]], True, 1e-8, 1.0),
        ([[-1.0, 3.0]], False, -1.0, 3.0),
    ],
    ids=["positive", "zero", "far below", "negative"],
)
def test_one_scale_covers_several_slices(losses, logarithmic, low, high):
    found = scale([np.array(row) for row in losses])
    assert found.logarithmic == logarithmic
    assert (found.levels[0], found.levels[-1]) == pytest.approx((low, high))
    gaps = np.diff(np.log(found.levels) if logarithmic else found.levels)
    np.testing.assert_allclose(gaps, gaps[0])
