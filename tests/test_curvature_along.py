"""Curvature along trajectories and by layer, against exact Hessians, written-out matrices and simulated steps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from analysis.curvature.blocks import Block, block_curvature, blocks
from analysis.curvature.hessian import Hessian
from analysis.curvature.operator import dense
from analysis.figures.sharpness_along import draw
from analysis.run_surface import training_surface
from analysis.style import styled
from analysis.surface import Surface
from analysis.trajectories.sharpness import sharpness_along, sharpness_of_run
from analysis.trajectories.stability import stability_of
from analysis.trajectories.trajectory import Trajectory, recorded
from lightning_modules.activations.tanh import Tanh
from lightning_modules.component import float_fields
from lightning_modules.data.digits import Digits
from lightning_modules.data.moons import Moons
from lightning_modules.data.subset import Subset
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.one_hot_squared_error import OneHotSquaredError
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.averaged_momentum import AveragedMomentum
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from tests.test_curvature import Given, classifier, symmetric

double = torch.float64
optimizers = {
    "gradient descent": SGD(0.1),
    "momentum": SGD(0.1, momentum=0.7),
    "nesterov": SGD(0.1, momentum=0.7, nesterov=True),
    "decayed": SGD(0.1, momentum=0.5, weight_decay=3.0),
    "averaged": AveragedMomentum(0.1, momentum=0.6, weight_decay=1.0),
}


def moons_run(**settings):
    recipe = Recipe(**{"data": Moons(examples=200), "model": MLP(widths=(6,)), "optimizer": SGD(0.1, momentum=0.9),
                       "batch_size": 32, "epochs": 3} | settings)  # fmt: skip
    return Run(recipe, Seeds.all(4))


def length_after(optimizer, curvature, steps=4000):
    """How far from the minimum of ½ λ w² an optimizer is, from distance 1."""
    weights = torch.ones(1, 1, dtype=double)
    state = optimizer.state(weights)
    numbers = {name: torch.full((1, 1), getattr(optimizer, name), dtype=double) for name in float_fields(optimizer)}
    for _ in range(steps):
        optimizer.step(weights, curvature * weights, state, numbers["learning_rate"], numbers)
    return abs(weights.item())


@pytest.mark.parametrize("name", optimizers)
def test_steps_grow_above_the_threshold_and_shrink_below(name):
    optimizer = optimizers[name]
    threshold = stability_of(optimizer, np.array([0.1])).thresholds[0]
    assert length_after(optimizer, 0.99 * threshold) < 1e-3
    assert length_after(optimizer, 1.01 * threshold) > 1e3


def test_thresholds_follow_the_schedule_and_are_read_at_the_last_step_taken():
    found = stability_of(SGD(0.1), np.array([0.1, 0.2, 0.4, 0.0]))
    np.testing.assert_array_equal(found.thresholds, [20, 10, 5, np.inf])
    np.testing.assert_array_equal(found.at(np.array([0, 1, 3, 4])), [20, 20, 5, np.inf])


@pytest.mark.parametrize("optimizer", [Adam(0.1), Clipped(SGD(0.1), 1.0)], ids=["adam", "clipped"])
def test_what_does_not_step_along_the_gradient_has_no_threshold(optimizer):
    assert stability_of(optimizer, np.ones(3)) is None


def test_the_eigenvalues_along_a_run_are_those_of_the_exact_hessians():
    run = moons_run(schedule=Cosine())
    way = recorded(run)
    found = sharpness_of_run(run, way, 3)
    assert found.steps.tolist() == [0, 4, 8, 12]
    for index, state in enumerate(way.states):
        surface = training_surface(run.recipe, run.seeds, state, double)
        row = surface.row(state)
        exact = np.linalg.eigvalsh(torch.func.jacrev(torch.func.grad(surface.mean_loss))(row).numpy())
        np.testing.assert_allclose(found.values[index], exact[::-1][:3], rtol=1e-5)
        assert found.losses[index] == pytest.approx(surface.mean_loss(row).item(), rel=1e-12)
        # An exact eigenvalue lies within the residual.
        for value, residual in zip(found.values[index], found.residuals[index], strict=True):
            assert np.abs(exact - value).min() <= residual + 1e-12
    rates = 0.1 * Cosine().multipliers(12)
    np.testing.assert_allclose(found.stability.thresholds, 3.8 / rates)
    assert any("batches of 32 of 120 examples" in check for check in found.checks)
    written = found.to_json()
    assert written["stability_thresholds"] == pytest.approx((3.8 / rates[[0, 3, 7, 11]]).tolist())
    assert [row[0] for row in written["top"]] == found.values[:, 0].tolist()


def test_full_batch_descent_ends_at_the_edge_of_stability():
    """Cohen et al., 2021: the sharpness rises to 2 / learning rate and stays there while the loss goes on falling."""
    recipe = Recipe(
        data=Subset(Digits(), 150),
        model=MLP((20,), activation=Tanh()),
        initializer=LecunNormal(),
        loss=OneHotSquaredError(),
        optimizer=SGD(0.4),
        batch_size=150,
        epochs=800,
    )
    run = Run(recipe, Seeds.all(1))
    found = sharpness_of_run(run, recorded(run, every=100))
    assert found.stability.rule == "2 / learning rate"
    assert found.values[1, 0] < 4.7
    np.testing.assert_allclose(found.values[-3:, 0], 5, rtol=0.04)
    assert (np.diff(found.losses) < 0).all()
    assert not any("batches" in check for check in found.checks)


def test_an_adaptive_method_is_told_to_have_no_threshold():
    run = moons_run(optimizer=Adam(0.01))
    found = sharpness_of_run(run, recorded(run))
    assert found.stability is None
    assert any(check.startswith("no threshold is drawn for Adam") for check in found.checks)


def test_flat_and_infinite_points_are_told_apart():
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)).double()
    surface = Surface(module, CrossEntropy(), torch.rand(10, 3, dtype=double), torch.arange(10) % 2)
    dead = {name: torch.zeros_like(value) for name, value in module.state_dict().items()}
    lost = {name: torch.full_like(value, 1e200) for name, value in module.state_dict().items()}
    flat = Surface(nn.Linear(3, 1).double(), SquaredError(), torch.zeros(4, 3, dtype=double), torch.zeros(4, 1))
    found = sharpness_along(surface, Trajectory.of([dead, lost]))
    assert np.isfinite(found.values[0, 0])
    assert np.isnan(found.values[1, 0])
    assert found.to_json()["top"][1] == [None]
    assert any("at 1 of 2 points there is no finite curvature" in check for check in found.checks)
    still = sharpness_along(flat, Trajectory.of([{"weight": torch.ones(1, 3), "bias": torch.ones(1)}]))
    assert still.values[0, 0] == pytest.approx(1)  # of the bias alone


def test_a_unit_that_is_dead_for_all_examples_leaves_no_curvature():
    module = nn.Sequential(nn.Linear(2, 1, bias=False), nn.ReLU(), nn.Linear(1, 1, bias=False)).double()
    surface = Surface(module, SquaredError(), torch.rand(5, 2, dtype=double), torch.rand(5, 1, dtype=double))
    found = sharpness_along(surface, Trajectory.of([{"0.weight": -torch.ones(1, 2), "2.weight": torch.ones(1, 1)}]))
    assert (found.values[0, 0], found.residuals[0, 0]) == (0, 0)


@pytest.mark.parametrize("count", [0, 9999], ids=["none", "too many"])
def test_counts_of_eigenvalues_are_checked(count):
    surface, point = classifier()
    state = {name: value[0].numpy() for name, value in surface.layout.views(point[None]).items()}
    with pytest.raises(InvalidInput, match=r"number of eigenvalues|too many"):
        sharpness_along(surface, Trajectory.of([state]), count)


def test_the_figure_has_a_panel_for_each_training():
    runs = {"momentum": moons_run(), "Adam": moons_run(optimizer=Adam(0.01)), "decay": moons_run(schedule=Cosine())}
    found = {name: sharpness_of_run(run, recorded(run), 2) for name, run in runs.items()}
    with styled():
        drawing = draw(found, dict.fromkeys(found, "#0072B2"))
    panels = [axes for axes in drawing.axes if axes.get_title()]
    assert [axes.get_title().partition("\n")[0] for axes in panels] == list(runs)
    assert [len(axes.lines) for axes in panels] == [3, 2, 3]
    np.testing.assert_array_equal(panels[0].lines[0].get_ydata(), found["momentum"].values[:, 0])
    low, high = panels[0].get_ylim()
    assert low < min(each.values[:, 0].min() for each in found.values())
    assert high > 38


@settings(max_examples=25, deadline=None)
@given(size=st.integers(2, 12), seed=st.integers(0, 2**31), data=st.data())
def test_a_block_is_a_part_of_the_matrix_and_bounded_by_it(size, seed, data):
    start = data.draw(st.integers(0, size - 1))
    stop = data.draw(st.integers(start + 1, size))
    matrix = symmetric(size, seed)
    found = dense(Block(Given(matrix), range(start, stop)))
    np.testing.assert_allclose(found, matrix[start:stop, start:stop], atol=1e-12)
    assert np.linalg.eigvalsh(found)[-1] <= np.linalg.eigvalsh(matrix)[-1] + 1e-10


def test_blocks_by_layer_and_by_tensor_cover_all_parameters():
    surface, point = classifier()
    assert blocks(surface.layout) == {"0": range(30), "3": range(30, 51)}
    assert blocks(surface.layout, "tensor") == {
        "0.weight": range(24), "0.bias": range(24, 30), "3.weight": range(30, 48), "3.bias": range(48, 51),
    }  # fmt: skip
    assert len(point) == 51


@pytest.mark.parametrize("by", ["layer", "tensor"])
@pytest.mark.parametrize("few", [300, 1], ids=["exact", "estimated"])
def test_the_curvature_of_layers_is_that_of_the_exact_hessians_blocks(by, few, monkeypatch):
    monkeypatch.setattr("analysis.curvature.blocks._few_parameters", few)
    surface, point = classifier()
    exact = torch.func.jacrev(torch.func.grad(surface.mean_loss))(point).numpy()
    found = block_curvature(Hessian(surface, point), surface.layout, by)
    for each, places in zip(found, blocks(surface.layout, by).values(), strict=True):
        own = exact[places.start : places.stop, places.start : places.stop]
        assert each.parameters == len(own)
        assert each.top == pytest.approx(np.linalg.eigvalsh(own)[-1], rel=1e-6)
        assert abs(each.trace.value - np.trace(own)) <= 4 * each.trace.standard_error + 1e-12
        assert (each.residual == 0) == (few == 300)
    if few == 300:
        assert sum(each.trace.value for each in found) == pytest.approx(np.trace(exact), rel=1e-12)
        assert found[0].to_json()["trace_standard_error"] == 0


def test_other_parts_and_infinite_curvature_are_refused():
    surface, point = classifier()
    with pytest.raises(InvalidInput, match="give 'layer' or 'tensor'"):
        blocks(surface.layout, "neuron")
    with pytest.raises(InvalidInput, match="no finite second derivatives in '0'"):
        block_curvature(Hessian(surface, point * torch.nan), surface.layout)
