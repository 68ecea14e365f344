"""Curves between solutions: their gradient against autograd, their bend against a closed form, their loss."""

import numpy as np
import pytest
import torch
from torch import nn

from analysis.paths.bend_objective import BendObjective
from analysis.paths.connectivity import connect
from analysis.paths.curves import Bezier, PolygonalChain
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.optimizers.sgd import SGD

double = torch.float64
families = [Bezier(), PolygonalChain()]


def named(family):
    return type(family).__name__


class Own(nn.Module):
    """Nothing that a chain of batched layers knows."""

    def forward(self, x):
        return 2 * x.sin()


modules = {
    "mlp": lambda: nn.Sequential(nn.Linear(4, 7), nn.Tanh(), nn.Dropout(0.5), nn.Linear(7, 3)),
    "own": lambda: nn.Sequential(nn.Linear(4, 7), Own(), nn.Linear(7, 3)),
    "batch norm": lambda: nn.Sequential(nn.Linear(4, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 3)),
}


def problem(name, curves=3):
    torch.manual_seed(2)
    inputs, targets = torch.randn(90, 4, dtype=double), torch.arange(90) % 3
    surface = Surface(modules[name]().double(), CrossEntropy(), inputs, targets)
    return surface, *torch.randn(3, curves, surface.layout.size, dtype=double)


def moons():
    """Two solutions of a small problem that no straight line joins: the second has its units in another order."""
    rng = torch.Generator().manual_seed(0)
    inputs = torch.randn(120, 2, generator=rng, dtype=double)
    targets = (inputs[:, 0] * inputs[:, 1] > 0).long()
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.03)
    for _ in range(400):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(inputs), targets).backward()
        optimizer.step()
    surface = Surface(module, CrossEntropy(), inputs, targets)
    first = surface.layout.row(dict(module.named_parameters()))
    with torch.no_grad():
        order = torch.tensor([3, 6, 0, 7, 1, 2, 5, 4])
        for name, axis in (("0.weight", 0), ("0.bias", 0), ("2.weight", 1)):
            parameter = dict(module.named_parameters())[name]
            parameter.copy_(parameter.index_select(axis, order))
    return surface, first, surface.layout.row(dict(module.named_parameters()))


@pytest.mark.parametrize("family", families, ids=named)
def test_a_curve_begins_and_ends_at_its_ends_to_the_last_bit(family):
    first, bend, second = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    shares = family.shares(torch.linspace(0, 1, 61, dtype=double))
    assert shares[0].tolist() == [1, 0, 0]
    assert shares[-1].tolist() == [0, 0, 1]
    weights = shares.float() @ torch.stack([first, bend, second])
    assert torch.equal(weights[0], first)
    assert torch.equal(weights[-1], second)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(61, dtype=double))
    assert (shares >= 0).all()


def test_curves_are_their_definitions():
    for t in (0.0, 0.2, 0.5, 0.7, 1.0):
        bezier, chain = (family.shares(torch.tensor([t], dtype=double))[0].tolist() for family in families)
        assert bezier == pytest.approx([(1 - t) ** 2, 2 * t * (1 - t), t**2])
        expected = [1 - 2 * t, 2 * t, 0] if t <= 0.5 else [0, 2 - 2 * t, 2 * t - 1]
        assert chain == pytest.approx(expected)


@pytest.mark.parametrize("family", families, ids=named)
@pytest.mark.parametrize("name", modules)
def test_the_gradient_of_the_bend_is_that_of_autograd(name, family):
    surface, firsts, bends, seconds = problem(name)
    steps = torch.tensor([0.1, 0.5, 0.8], dtype=double)
    rows = torch.tensor([[0, 4, 7, 9], [1, 2, 3, 4], [80, 3, 5, 6]])
    inputs, targets = surface.inputs[rows], surface.targets[rows]
    objective = BendObjective(surface, firsts, seconds)
    losses, gradient = objective.value_and_gradient(bends, family.shares(steps), inputs, targets)
    module = surface.module.train(name == "batch norm")
    for curve, t in enumerate(steps.tolist()):
        bend = bends[curve].clone().requires_grad_()
        if isinstance(family, Bezier):
            point = (1 - t) ** 2 * firsts[curve] + 2 * t * (1 - t) * bend + t**2 * seconds[curve]
        elif t <= 0.5:
            point = firsts[curve] + 2 * t * (bend - firsts[curve])
        else:
            point = bend + (2 * t - 1) * (seconds[curve] - bend)
        parameters = {key: value[0] for key, value in surface.layout.views(point[None]).items()}
        outputs = torch.func.functional_call(module, parameters, (inputs[curve],))
        loss = nn.functional.cross_entropy(outputs, targets[curve])
        (expected,) = torch.autograd.grad(loss, bend)
        assert losses[curve].item() == pytest.approx(loss.item(), rel=1e-12)
        torch.testing.assert_close(gradient[curve], expected, rtol=1e-10, atol=1e-12)


def test_the_bend_of_a_quadratic_loss_comes_to_where_a_closed_form_has_it():
    """Of E_t ‖a A + c C + b B − w*‖² the minimum is C = (E[c] w* − E[ac] A − E[bc] B) / E[c²]."""
    inputs = torch.eye(3, dtype=double)
    solution = torch.tensor([[1.0, -2.0, 0.5]], dtype=double)
    surface = Surface(nn.Linear(3, 1, bias=False).double(), SquaredError(), inputs, inputs @ solution.T)
    first, second = torch.tensor([[3.0, 0.0, 0.0], [0.0, 1.0, 4.0]], dtype=double)
    seeds = range(40)
    ends = (first.repeat(len(seeds), 1), second.repeat(len(seeds), 1))
    found = connect(surface, *ends, seeds, epochs=1500, batch_size=3, optimizer=SGD(0.1, momentum=0.5))
    bends = torch.stack([each.bend for each in found])
    t = np.linspace(0, 1, 100001)
    a, c, b = (1 - t) ** 2, 2 * t * (1 - t), t**2
    expected = c.mean() * solution[0] - (a * c).mean() * first - (b * c).mean() * second
    # The gradient is linear in the bend, so that the noise of t leaves the mean over seeds where it belongs.
    error = bends.std(dim=0) / len(seeds) ** 0.5
    assert error.max() < 0.02
    assert ((bends.mean(dim=0) - expected / (c * c).mean()).abs() < 4 * error).all()


@pytest.mark.parametrize("family", families, ids=named)
def test_a_trained_curve_stays_below_the_line(family):
    surface, first, second = moons()
    pair = (torch.stack([first] * 2), torch.stack([second] * 2))
    found = connect(surface, *pair, [0, 1], family=family, epochs=150, batch_size=40)
    for each in found:
        assert each.curve.steps.shape == each.line.losses.shape == (61,)
        assert each.line.loss_barrier.above_line > 0.1
        assert each.curve.losses.max() < 0.5 * each.line.losses.max()
        assert each.curve.loss_barrier.above_line < 0.5 * each.line.loss_barrier.above_line
        assert each.curve.error_barrier.above_mean < each.line.error_barrier.above_mean
        np.testing.assert_allclose(each.curve.losses[[0, -1]], each.line.losses[[0, -1]], rtol=1e-12)
        assert each.training[-30:].mean() < each.training[:30].mean()
    assert not torch.equal(found[0].bend, found[1].bend)


@pytest.mark.parametrize("name", modules)
def test_what_is_on_the_curve_is_what_a_loop_finds_there(name):
    surface, firsts, _, seconds = problem(name, curves=2)
    for index, each in enumerate(connect(surface, firsts, seconds, [0, 1], epochs=2, points=5)):
        for t, loss in zip(each.curve.steps, each.curve.losses, strict=True):
            point = (1 - t) ** 2 * firsts[index] + 2 * t * (1 - t) * each.bend + t**2 * seconds[index]
            origin, nothing = torch.zeros_like(point), torch.ones(1, 1, dtype=double)
            expected = surface.at(origin, point[None], nothing, "re-estimated").losses[0]
            assert loss == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", modules)
def test_a_curve_is_the_same_again_and_whatever_it_is_stacked_with(name):
    surface, firsts, _, seconds = problem(name)
    buffers = {key: value.clone() for key, value in surface.module.named_buffers()}
    together = connect(surface, firsts, seconds, [4, 5, 6], epochs=3, batch_size=32)
    again = connect(surface, firsts, seconds, [4, 5, 6], epochs=3, batch_size=32)
    for index, each in enumerate(together):
        assert torch.equal(each.bend, again[index].bend)
        np.testing.assert_array_equal(each.curve.losses, again[index].curve.losses)
        own = slice(index, index + 1)
        (alone,) = connect(surface, firsts[own], seconds[own], [4 + index], epochs=3, batch_size=32)
        torch.testing.assert_close(alone.bend, each.bend, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(alone.line.losses, each.line.losses, rtol=1e-9)
    for key, value in surface.module.named_buffers():
        assert torch.equal(value, buffers[key])


def test_a_curve_that_diverges_leaves_the_others_alone():
    surface, firsts, _, seconds = problem("mlp")
    lost = firsts.clone()
    lost[1] = torch.nan
    whole, found = (connect(surface, each, seconds, [0, 1, 2], epochs=2) for each in (firsts, lost))
    assert np.isnan(found[1].curve.loss_barrier.above_line)
    for index in (0, 2):
        np.testing.assert_allclose(found[index].curve.losses, whole[index].curve.losses, rtol=1e-12)


def test_what_makes_no_curves_is_refused():
    surface, firsts, _, seconds = problem("mlp")
    with pytest.raises(InvalidInput, match="every curve"):
        connect(surface, firsts, seconds, [0, 1])
    with pytest.raises(InvalidInput, match=r"Surface\.row"):
        connect(surface, firsts[:, 1:], seconds, [0, 1, 2])
    with pytest.raises(InvalidInput, match="epochs"):
        connect(surface, firsts, seconds, [0, 1, 2], epochs=0)
    with pytest.raises(InvalidInput, match="points"):
        connect(surface, firsts, seconds, [0, 1, 2], points=2)
