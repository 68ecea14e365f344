import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from analysis.directions import filter_normalized
from analysis.memory import AtOnce
from analysis.run_surface import training_surface
from analysis.slices import line_between, plane_through, random_line, random_plane
from analysis.surface import Surface
from lightning_modules.data.split import split
from lightning_modules.data.standardize import Standardize
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.recipe import Seeds
from lightning_modules.stack.layout import Layout
from tests.stores import cosine

shape, classes, examples = (1, 8, 8), 4, 260


class TwiceInTraining(nn.Module):
    """A layer that evaluation must not see as training does."""

    def forward(self, x):
        return 2 * x if self.training else x


def own_module():
    """Nothing that a chain of batched layers knows."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 12), nn.LayerNorm(12), nn.GELU(), TwiceInTraining(), nn.Linear(12, classes)
    )


modules = {
    "mlp": lambda: MLP(widths=(16, 12)).build(shape, classes),
    "cnn": lambda: CNN(channels=(4, 6)).build(shape, classes),
    "own": own_module,
}


def problem(name, dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    module = modules[name]().to(dtype)
    inputs, targets = torch.randn(examples, *shape, dtype=dtype), torch.randint(classes, (examples,))
    surface = Surface(modules[name](), CrossEntropy(), inputs, targets)
    return module, inputs, targets, surface


def center_of(module):
    return Layout.of(module).row(dict(module.named_parameters()))


@torch.no_grad()
def naive(module, weights, inputs, targets):
    """Load the weights, run the model, take the loss."""
    nn.utils.vector_to_parameters(weights.to(inputs.dtype), module.parameters())
    logits = module.eval()(inputs)
    return cross_entropy(logits, targets).item(), (logits.argmax(dim=1) == targets).double().mean().item()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-6), (torch.float32, 1e-5)])
@pytest.mark.parametrize("name", modules)
def test_planes_and_lines_are_those_of_a_naive_loop(name, dtype, tolerance):
    module, inputs, targets, surface = problem(name, dtype)
    center = center_of(module)
    plane = random_plane(surface, center, seed=3, points=21)
    line = random_line(surface, center, seed=3, directions=2, points=25)
    first, second = filter_normalized(module, center, seed=3, count=2)
    for row, y in enumerate(plane.y):
        for column, x in enumerate(plane.x):
            loss, accuracy = naive(module, center + x * first + y * second, inputs, targets)
            assert plane.losses[row, column] == pytest.approx(loss, rel=tolerance)
            assert plane.accuracies[row, column] == pytest.approx(accuracy, abs=1.5 / examples * (tolerance > 1e-6))
    for index, direction in enumerate((first, second)):
        for point, step in enumerate(line.steps):
            loss, _ = naive(module, center + step * direction, inputs, targets)
            assert line.losses[index, point] == pytest.approx(loss, rel=tolerance)


@pytest.mark.parametrize("memory", [1, 100_000])
def test_many_more_points_than_fit_into_memory_at_once(memory):
    module, inputs, targets, surface = problem("cnn")
    whole = random_plane(surface, center_of(module), seed=1, points=4)
    small = Surface(modules["cnn"](), CrossEntropy(), inputs, targets, memory=memory)
    pieces = random_plane(small, center_of(module), seed=1, points=4)
    np.testing.assert_allclose(pieces.losses, whole.losses, rtol=1e-12)
    np.testing.assert_array_equal(pieces.accuracies, whole.accuracies)


@pytest.mark.parametrize("name", ["cnn", "own"])
def test_threads_share_the_points_and_change_nothing(name, monkeypatch):
    module, *_, surface = problem(name)
    monkeypatch.setattr(surface._points, "at_once", AtOnce(points=3, examples=260, recorded=260))
    before = torch.get_num_threads()
    alone = random_plane(surface, center_of(module), seed=1, points=8)
    with monkeypatch.context() as patch:
        patch.setattr(torch, "get_num_threads", lambda: 4)
        together = random_plane(surface, center_of(module), seed=1, points=8)
    np.testing.assert_array_equal(together.losses, alone.losses)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_a_direction_has_the_norms_of_the_units_it_perturbs(name):
    module, *_ = problem(name)
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    layout = Layout.of(module)
    directions = layout.views(filter_normalized(module, center_of(module), seed=0, count=2))
    for parameter_name, parameter in module.named_parameters():
        for direction in directions[parameter_name]:
            if parameter.dim() == 1:
                assert not direction.any()
            else:
                for unit, weights in zip(direction, parameter, strict=True):
                    assert unit.norm().item() == pytest.approx(weights.norm().item(), rel=1e-12)
    own = filter_normalized(module, center_of(module), seed=0, count=2)
    assert not torch.allclose(own[0], own[1])
    assert torch.equal(own[:1], filter_normalized(module, center_of(module), seed=0, count=1))
    assert not torch.allclose(own, filter_normalized(module, center_of(module), seed=1, count=2))


def test_the_units_of_a_transposed_convolution_lie_on_its_second_axis():
    module = nn.ConvTranspose2d(3, 5, 2).double()
    center = center_of(module)
    direction = Layout.of(module).views(filter_normalized(module, center, seed=0, count=1))["weight"][0]
    for unit in range(5):
        assert direction[:, unit].norm().item() == pytest.approx(module.weight[:, unit].norm().item(), rel=1e-12)


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_rescaling_layers_under_relu_does_not_change_the_slices(name):
    module, _, _, surface = problem(name)
    layers = [layer for layer in module if isinstance(layer, nn.Linear | nn.Conv2d)]
    for layer in layers:
        nn.init.normal_(layer.bias, std=0.1)
    center = center_of(module)
    plane, line = random_plane(surface, center, seed=5, points=9), random_line(surface, center, seed=5, points=9)
    with torch.no_grad():
        layers[0].weight *= 10
        layers[0].bias *= 10
        layers[1].weight /= 10
    rescaled = center_of(module)
    assert not torch.allclose(center, rescaled)
    np.testing.assert_allclose(random_plane(surface, rescaled, seed=5, points=9).losses, plane.losses, rtol=1e-9)
    np.testing.assert_allclose(random_line(surface, rescaled, seed=5, points=9).losses, line.losses, rtol=1e-9)


def test_the_line_between_two_solutions_goes_through_both():
    module, inputs, targets, surface = problem("mlp")
    first, second = center_of(module), center_of(problem("mlp", seed=1)[0])
    line = line_between(surface, first, second, margin=0.5, points=9)
    assert line.steps[[0, 2, 6, 8]].tolist() == [-0.5, 0.0, 1.0, 1.5]
    assert line.marks.tolist() == [0.0, 1.0]
    for point, step in enumerate(line.steps):
        loss, accuracy = naive(module, (1 - step) * first + step * second, inputs, targets)
        assert line.losses[0, point] == pytest.approx(loss, rel=1e-9)
        assert line.accuracies[0, point] == pytest.approx(accuracy)


def test_the_plane_through_three_solutions_holds_their_distances_and_losses():
    module, inputs, targets, surface = problem("mlp")
    solutions = [center_of(problem("mlp", seed=seed)[0]) for seed in range(3)]
    plane = plane_through(surface, *solutions, points=5)
    for a in range(3):
        for b in range(3):
            distance = math.dist(plane.marks[a], plane.marks[b])
            assert distance == pytest.approx((solutions[a] - solutions[b]).norm().item(), rel=1e-9)
    assert plane.marks[0].tolist() == [0.0, 0.0]
    assert plane.marks[1][1] == 0.0
    # Barycentric coordinates give the weights at a grid point by another route.
    corners = np.vstack([plane.marks.T, np.ones(3)])
    for row, y in enumerate(plane.y):
        for column, x in enumerate(plane.x):
            shares = np.linalg.solve(corners, [x, y, 1.0])
            weights = sum(share * solution for share, solution in zip(shares, solutions, strict=True))
            loss, _ = naive(module, weights, inputs, targets)
            assert plane.losses[row, column] == pytest.approx(loss, rel=1e-9)
    assert plane.x[0] < plane.marks[:, 0].min()
    assert plane.y[-1] > plane.marks[:, 1].max()


def test_solutions_on_one_line_span_no_plane():
    module, _, _, surface = problem("mlp")
    center = center_of(module)
    with pytest.raises(InvalidInput, match="one line"):
        plane_through(surface, center, center * 2, center * 3)


def test_what_is_not_finite_stays_so():
    module, _, _, surface = problem("mlp", torch.float32)
    line = random_line(surface, center_of(module), seed=0, directions=1, reach=1e25, points=3)
    assert np.isfinite(line.losses[0, 1])
    assert not np.isfinite(line.losses[0, [0, 2]]).any()
    assert np.isnan(line.accuracies[0][np.isnan(line.losses[0])]).all()


def test_one_point_is_no_slice():
    module, _, _, surface = problem("mlp")
    with pytest.raises(InvalidInput, match="points"):
        random_line(surface, center_of(module), seed=0, points=1)


def test_weights_of_another_model_are_refused():
    _, _, _, surface = problem("mlp")
    with pytest.raises(InvalidInput, match="recipe's model"):
        surface.row({"0.weight": np.zeros((2, 2), dtype=np.float32)})


def test_the_training_surface_is_that_of_the_runs_own_split():
    seeds = Seeds(init=1, order=2, split=7)
    surface = training_surface(cosine, seeds, {}, torch.float64)
    dataset = cosine.data.load()
    train = split(dataset, 7).train
    inputs = torch.from_numpy(Standardize().fit(dataset.inputs[train])(dataset.inputs[train])).double()
    torch.manual_seed(0)
    module = cosine.model.build(dataset.shape, dataset.classes).double()
    center = center_of(module)
    values = surface.at(center, center[None], torch.zeros(1, 1))
    loss, accuracy = naive(module, center, inputs, torch.from_numpy(dataset.targets[train]))
    assert values.losses[0] == pytest.approx(loss, rel=1e-9)
    assert values.accuracies[0] == pytest.approx(accuracy)
