"""Matching of units against permutations that are known, and against all that there are."""

from itertools import permutations, product

import numpy as np
import pytest
import torch
from torch import nn

from analysis.paths.linear import linear_path
from analysis.paths.matching import match_units
from analysis.paths.units import units_of
from analysis.surface import Surface
from lightning_modules.activations.tanh import Tanh
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.models.cnn import CNN
from lightning_modules.models.mlp import MLP
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.modules.residual import Residual
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.shared_log_variance import SharedLogVariance

double = torch.float64
shape, classes = (2, 8, 8), 4

modules = {
    "mlp": lambda: MLP(widths=(20, 16, 12)).build(shape, classes),
    "mlp with dropped connections": lambda: MLP(widths=(20, 16), drop_connect=0.5).build(shape, classes),
    "cnn": lambda: CNN(channels=(6, 8), activation=Tanh()).build(shape, classes),
    "cnn with averages": lambda: CNN(channels=(6, 8), pooling="average", global_average=True).build(shape, classes),
    "cnn with layers behind": lambda: nn.Sequential(
        nn.Sequential(nn.Conv2d(2, 6, 3), nn.GroupNorm(1, 6), nn.PReLU(6), nn.MaxPool2d(2)),
        nn.Sequential(nn.Flatten(), nn.LayerNorm(54), nn.Linear(54, 9), nn.ReLU(), nn.Linear(9, classes)),
        SharedLogVariance(),
    ),
    "linear": lambda: MLP(widths=()).build(shape, classes),
}


def drawn(name, seed=0):
    """A module whose every parameter is random, those that begin with ones and zeros as well."""
    torch.manual_seed(seed)
    module = modules[name]().double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.3)
    return module, Layout.of(module).row(dict(module.named_parameters()))


def shuffled(module, row, seed=5):
    """The row with its units in a random order, and that order."""
    units, layout = units_of(module), Layout.of(module)
    rng = np.random.default_rng(seed)
    order = {layer: rng.permutation(count) for layer, count in units.counts.items()}
    parameters = {name: value[0] for name, value in layout.views(row[None]).items()}
    return layout.row(units.permuted(parameters, order)), order


@torch.no_grad()
def outputs(module, row, inputs):
    nn.utils.vector_to_parameters(row, module.parameters())
    return module(inputs)


@pytest.mark.parametrize("name", modules)
def test_a_network_computes_the_same_with_its_units_in_another_order(name):
    module, row = drawn(name)
    moved, order = shuffled(module, row)
    inputs = torch.randn(30, *shape, dtype=double)
    assert torch.equal(moved, row) == (name == "linear")
    assert (outputs(module, row, inputs) - outputs(module, moved, inputs)).abs().max() < 1e-12
    assert torch.equal(moved.sort().values, row.sort().values)
    assert all(len(each) > 5 for each in order.values())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", modules)
def test_a_known_permutation_is_recovered(name, seed):
    module, row = drawn(name, seed)
    moved, order = shuffled(module, row, seed)
    found = match_units(module, row, moved, seed=seed)
    assert torch.equal(found.row, row)
    for layer, places in order.items():
        np.testing.assert_array_equal(places[found.permutations[layer]], np.arange(len(places)))
    assert found.products[-1] == pytest.approx(float(row @ row), rel=1e-12)


@pytest.mark.parametrize("name", modules)
def test_the_inner_product_never_falls_and_the_function_stays(name):
    module, reference = drawn(name, 1)
    _, row = drawn(name, 2)
    found = match_units(module, reference, row, seed=3)
    assert (np.diff(found.products) > 0).all()
    assert found.products[0] == pytest.approx(float(reference @ row), rel=1e-12)
    assert found.products[-1] == pytest.approx(float(reference @ found.row), rel=1e-9)
    assert (len(found.products) > 1) == (name != "linear")
    inputs = torch.randn(30, *shape, dtype=double)
    assert (outputs(module, row, inputs) - outputs(module, found.row, inputs)).abs().max() < 1e-12
    again = match_units(module, reference, row, seed=3)
    assert torch.equal(again.row, found.row)


def test_one_hidden_layer_gets_the_best_of_all_orders_and_two_get_one_that_no_layer_alone_improves():
    torch.manual_seed(0)
    for widths in ((5,), (4, 4)):
        module = MLP(widths=widths).build((3,), 2).double()
        layout, units = Layout.of(module), units_of(module)
        reference, row = torch.randn(2, layout.size, dtype=double)
        found = match_units(module, reference, row)
        parameters = {name: value[0] for name, value in layout.views(row[None]).items()}
        values = {
            orders: float(
                reference
                @ layout.row(units.permuted(parameters, dict(zip(units.counts, map(np.array, orders), strict=True))))
            )
            for orders in product(*(list(permutations(range(width))) for width in widths))
        }
        reached = tuple(tuple(each.tolist()) for each in found.permutations.values())
        assert values[reached] == pytest.approx(found.products[-1], rel=1e-12)
        for orders, value in values.items():
            if sum(one != other for one, other in zip(orders, reached, strict=True)) == 1:
                assert value <= values[reached] + 1e-12


def test_the_units_of_a_small_cnn_are_these():
    units = units_of(CNN(channels=(6, 8)).build(shape, classes))
    assert dict(units.counts) == {"0": 6, "3": 8}
    assert {(each.parameter, each.axis, each.layer, each.block) for each in units.axes} == {
        *{("0.weight", 0, "0", 1), ("0.bias", 0, "0", 1), ("3.weight", 1, "0", 1)},
        *{("3.weight", 0, "3", 1), ("3.bias", 0, "3", 1), ("7.weight", 1, "3", 4)},
    }


def test_a_line_to_the_same_network_in_another_order_has_a_barrier_that_matching_removes():
    module, row = drawn("mlp")
    inputs = torch.randn(200, *shape, dtype=double)
    surface = Surface(module, CrossEntropy(), inputs, outputs(module, row, inputs).argmax(dim=1))
    moved, _ = shuffled(module, row)
    before = linear_path(surface, row, moved).loss_barrier
    after = linear_path(surface, row, match_units(module, row, moved).row).loss_barrier
    assert before.above_line > 0.1
    assert after.above_line == pytest.approx(0, abs=1e-12)


def test_batch_normalization_is_permuted_too_when_its_statistics_are_estimated_anew():
    torch.manual_seed(0)
    module = CNN(channels=(6, 8), normalization=BatchNormalization()).build(shape, classes).double()
    row = torch.randn(Layout.of(module).size, dtype=double)
    surface = Surface(module, CrossEntropy(), torch.randn(100, *shape, dtype=double), torch.arange(100) % classes)
    moved, _ = shuffled(module, row)
    path = linear_path(surface, row, moved)
    assert path.losses[-1] == pytest.approx(path.losses[0], rel=1e-10)
    assert torch.equal(match_units(module, row, moved).row, row)


def twice():
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.ReLU(), layer)


def frozen():
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    module[0].requires_grad_(False)
    return module


def hooked():
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    module[1].register_forward_hook(lambda *_: None)
    return module


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: MLP(widths=(8, 8), residual=True).build(shape, classes), "Residual"),
        (lambda: nn.Sequential(nn.Linear(4, 4), Residual(nn.Linear(4, 4))), "Residual"),
        (lambda: nn.Sequential(nn.Linear(4, 6), nn.Softmax(dim=-1), nn.Linear(6, 2)), "Softmax"),
        (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3, groups=2), nn.Conv2d(4, 2, 3)), "Conv2d"),
        (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Conv2d(4, 2, 3)), "GroupNorm"),
        (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.Linear(6, 6), nn.Flatten(), nn.Linear(144, 2)), "Linear"),
        (lambda: nn.Sequential(nn.Linear(4, 6), nn.TransformerEncoderLayer(6, 2), nn.Linear(6, 2)), "Transformer"),
        (lambda: Residual(nn.Linear(4, 4)), "no units"),
        (twice, "twice"),
        (frozen, "frozen"),
        (hooked, "hooks"),
    ],
    ids=[
        *("residual mlp", "residual at the end", "softmax between", "grouped convolution", "grouped normalization"),
        *("linear over pixels", "attention", "no chain", "tied", "frozen", "hooked"),
    ],
)
def test_what_is_no_chain_is_refused(build, words):
    with pytest.raises(InvalidInput, match=words):
        units_of(build())


def test_weights_that_cannot_be_matched_are_refused():
    module, row = drawn("mlp")
    with pytest.raises(InvalidInput, match="not finite"):
        match_units(module, row, row * torch.nan)
    with pytest.raises(InvalidInput, match="parameters"):
        match_units(module, row, row[:-1])
