"""Pooling by averages, group normalization, residual blocks and the package's own modules as parts of a chain."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightning_modules.models.bases.polynomial import Polynomial
from lightning_modules.models.bases.squared_norm import SquaredNorm
from lightning_modules.modules.fixed_basis import FixedBasis
from lightning_modules.modules.heaviside import Heaviside
from lightning_modules.modules.padded_shortcut import PaddedShortcut
from lightning_modules.modules.reference_class import ReferenceClass
from lightning_modules.modules.residual import Residual
from lightning_modules.stack.layers.linear import Linear
from lightning_modules.stack.lower import lower
from tests.test_chain import assert_same, draw_batch, with_hook


def classifier(layers, shape, classes=3):
    """A module of layers for images, then a linear one."""
    features = nn.Sequential(*layers, nn.Flatten())
    return nn.Sequential(features, nn.Linear(features(torch.zeros(2, *shape)).shape[1], classes)).double()


@given(st.data())
def test_pooling_by_averages(data):
    draw = data.draw
    channels, *_ = shape = tuple(draw(st.integers(low, 8)) for low in (1, 3, 3))
    window = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    layers = [nn.Conv2d(channels, 2, 3, padding=1), nn.AvgPool2d(window), nn.Tanh(), nn.Conv2d(2, 3, 1)]
    layers = [nn.AvgPool2d(window), *layers[:1], *layers[2:]] if draw(st.booleans()) else layers
    layers += draw(st.sampled_from([[], [nn.AdaptiveAvgPool2d(1)], [nn.AdaptiveAvgPool2d((1, 1)), nn.ReLU()]]))
    runs = draw(st.integers(1, 3))
    batch = draw_batch(draw, shape, 3, runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(classifier(layers, shape), shape, *batch, runs)


@given(st.data())
def test_group_normalization(data):
    draw = data.draw
    channels, *_ = shape = tuple(draw(st.integers(low, 6)) for low in (1, 2, 2))
    groups = draw(st.integers(1, 3))
    count = groups * draw(st.integers(1, 3))
    affine = draw(st.booleans())
    layers = [nn.Conv2d(channels, count, 3, padding=1, bias=draw(st.booleans()))]
    # A blank image has no variance of its own: a small epsilon would only magnify the rounding of both sides.
    layers.append(nn.GroupNorm(groups, count, eps=draw(st.sampled_from([0.05, 0.5])), affine=affine))
    layers += [nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(count, 4, 1), nn.GroupNorm(2, 4, eps=0.05, affine=affine)]
    runs = draw(st.integers(1, 3))
    batch = draw_batch(draw, shape, 3, runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(classifier(layers, shape), shape, *batch, runs)


@pytest.mark.parametrize("leading", [1, 2])
def test_group_normalization_of_the_inputs_and_of_vectors(leading):
    inputs = torch.randn(leading, 5, 4, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 1, 2, 0, 1], [2, 2, 1, 0, 0]])
    first = [nn.GroupNorm(2, 4), nn.Flatten(), nn.Linear(36, 6), nn.GroupNorm(3, 6)]
    assert_same(classifier(first, (4, 3, 3)), (4, 3, 3), inputs, targets, runs=2)


def test_what_a_normalization_or_a_block_keeps_does_not_outlast_its_input():
    module = nn.Sequential(Residual(nn.GroupNorm(2, 4)), nn.GroupNorm(1, 4), nn.Linear(4, 2)).double()
    layers = lower(module, (4,))
    parameters = {name: parameter.detach()[None] for name, parameter in module.named_parameters()}
    for seed in range(3):
        x = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        y = x.mT[None].contiguous()
        for layer in layers:
            y = layer.forward(parameters, y)
        torch.testing.assert_close(y[0].mT, module(x), rtol=1e-12, atol=1e-12)


@given(st.data())
def test_residual_blocks_of_vectors(data):
    """Blocks within blocks, at the very beginning and at the very end, with bodies of no, one or two layers."""
    draw = data.draw
    width, runs = draw(st.integers(1, 5)), draw(st.integers(1, 3))

    def body(depth):
        kind = draw(st.sampled_from(["linear", "activation", "deeper", "none"] if depth else ["linear", "activation"]))
        if kind == "deeper":
            return nn.Sequential(Residual(body(depth - 1)), nn.Linear(width, width), Residual(body(depth - 1)))
        return {
            "linear": nn.Sequential(nn.Linear(width, width), nn.Tanh()),
            "activation": nn.GELU(),
            "none": nn.Sequential(),
        }[kind]

    blocks = [Residual(body(2)) for _ in range(draw(st.integers(1, 3)))]
    linear = nn.Linear(width, width)
    module = nn.Sequential(*blocks, linear) if draw(st.booleans()) else nn.Sequential(linear, *blocks)
    batch = draw_batch(draw, (width,), width, runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(module.double(), (width,), *batch, runs)


@given(st.data())
def test_residual_blocks_of_images(data):
    draw = data.draw
    channels, *_ = shape = tuple(draw(st.integers(low, 6)) for low in (1, 2, 2))
    stride, extra = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    count = channels + extra
    body = nn.Sequential(
        nn.Conv2d(channels, count, 3, stride, padding=1, bias=False),
        nn.GroupNorm(1, count, eps=0.05),
        nn.ReLU(),
        nn.Conv2d(count, count, 3, padding=1),
    )
    layers = [Residual(body, PaddedShortcut(stride, extra)), nn.ReLU(), Residual(nn.Conv2d(count, count, 1))]
    layers = [nn.Conv2d(channels, channels, 1), *layers] if draw(st.booleans()) else layers
    runs = draw(st.integers(1, 3))
    batch = draw_batch(draw, shape, 3, runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(classifier(layers, shape), shape, *batch, runs)


@given(st.data())
def test_the_packages_own_modules(data):
    draw = data.draw
    runs, width = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    basis = draw(st.sampled_from([Polynomial(1), Polynomial(3), SquaredNorm()]))
    layers = [FixedBasis(basis), nn.Linear(basis.size(width), 3), draw(st.sampled_from([nn.Tanh, Heaviside]))()]
    # In front of learned layers a basis has no gradient to give, behind them it has.
    layers = [nn.Linear(width, width), *layers] if draw(st.booleans()) else layers
    module = nn.Sequential(*layers, nn.Linear(3, 2), ReferenceClass()).double()
    batch = draw_batch(draw, (width,), 3, runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(module, (width,), *batch, runs)


image = (2, 8, 8)
unknown = {
    "overlapping average": nn.AvgPool2d(3, stride=1),
    "padded average": nn.AvgPool2d(2, padding=1),
    "average that rounds up": nn.AvgPool2d(3, ceil_mode=True),
    "average with a divisor": nn.AvgPool2d(2, divisor_override=3),
    "averages of a grid": nn.AdaptiveAvgPool2d(2),
    "averages of columns": nn.AdaptiveAvgPool2d((1, None)),
    "learned shortcut": Residual(nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1)),
    "shortcut that is no identity": Residual(nn.Conv2d(2, 2, 1), nn.Tanh()),
    "hook on a shortcut": Residual(nn.Conv2d(2, 2, 1), with_hook(nn.Identity())),
    "hook on a body": Residual(with_hook(nn.Sequential(nn.Conv2d(2, 2, 1)))),
    "hook on a block": with_hook(Residual(nn.Conv2d(2, 2, 1))),
    "unknown body": Residual(nn.Sequential(nn.Conv2d(2, 2, 1), nn.Softplus())),
    "reference class of images": ReferenceClass(),
    "subclass of a group norm": type("Own", (nn.GroupNorm,), {})(1, 2),
    "subclass of a block": type("Own", (Residual,), {})(nn.Conv2d(2, 2, 1)),
}


@pytest.mark.parametrize("module", unknown.values(), ids=list(unknown))
def test_what_is_not_exactly_known_is_not_lowered(module):
    features = nn.Sequential(module, nn.Flatten())(torch.zeros(2, *image)).shape[1]
    assert lower(nn.Sequential(module, nn.Flatten(), nn.Linear(features, 3)), image) is None


def test_weights_that_a_body_shares_with_another_layer_are_not_lowered():
    twice = nn.Linear(4, 4)
    assert lower(nn.Sequential(twice, Residual(twice)), (4,)) is None


alone = {
    "average": nn.AvgPool2d(2),
    "global average": nn.AdaptiveAvgPool2d(1),
    "one group": nn.GroupNorm(1, 6),
    "groups": nn.GroupNorm(3, 6),
    "a group a channel": nn.GroupNorm(6, 6),
    "no weights": nn.GroupNorm(2, 6, affine=False),
    "block": Residual(nn.GroupNorm(2, 6)),
    "block with padding": Residual(
        nn.Sequential(nn.AvgPool2d(2), PaddedShortcut(1, 3), nn.Tanh()), PaddedShortcut(2, 3)
    ),
    "polynomial": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), FixedBasis(Polynomial(2))),
    "squared norm": nn.Sequential(nn.Flatten(), FixedBasis(SquaredNorm())),
    "reference class": nn.Sequential(nn.Flatten(), ReferenceClass()),
    "threshold": Heaviside(),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("module", alone.values(), ids=list(alone))
def test_the_bits_of_a_layer_do_not_depend_on_the_stack(module, dtype):
    whole = nn.Sequential(module, nn.Flatten(), nn.Linear(1, 1))
    layers = lower(whole, (6, 4, 4))[:-2]
    names = [name for layer in layers for name in layer.parameters]
    generator = torch.Generator().manual_seed(0)
    for batch in (1, 3, 7, 20, 50, 64):
        inputs = torch.randn(33, 6, 4, 4, batch, generator=generator, dtype=dtype)
        weights = {name: torch.randn(33, 6, generator=generator, dtype=dtype) for name in names}

        def results(rows, inputs=inputs, weights=weights):
            own = {name: weight[rows].clone() for name, weight in weights.items()}
            gradients = {name: torch.full_like(weight, torch.nan) for name, weight in own.items()}
            activations = [inputs[rows].clone()]
            for layer in layers:
                activations.append(layer.forward(own, activations[-1]))
            upstream = activations[-1].cos()
            for layer, x, y in reversed(list(zip(layers, activations, activations[1:], strict=False))):
                layer.parameter_gradients(gradients, x, upstream)
                upstream = layer.input_gradient(own, x, y, upstream)
            return torch.cat([each.flatten(1) for each in (activations[-1], upstream, *gradients.values())], dim=1)

        for runs in (2, 8, 33):
            together = results(slice(0, runs))
            for run in (0, runs // 2, runs - 1):
                assert torch.equal(together[run], results(slice(run, run + 1))[0]), (batch, runs, run)


@pytest.mark.parametrize("examples", [1, 2, 30, 32])
@pytest.mark.parametrize(("outputs", "inputs"), [(1, 16), (2, 16), (10, 32), (32, 32), (32, 64), (128, 64), (10, 128)])
def test_the_bits_of_a_linear_layer_do_not_depend_on_the_stack_for_one_example_or_one_output(outputs, inputs, examples):
    """Torch multiplies a single column, and on some processors a single row, by other routines for some stacks."""
    generator = torch.Generator().manual_seed(0)
    weights = {
        "weight": torch.randn(7, outputs, inputs, generator=generator),
        "bias": torch.randn(7, outputs, generator=generator),
    }
    x = torch.randn(7, inputs, examples, generator=generator)
    upstream = torch.randn(7, outputs, examples, generator=generator)
    layer = Linear("weight", "bias")

    def computed(own, x, upstream):
        gradients = {name: torch.full_like(value, torch.nan) for name, value in own.items()}
        y = layer.forward(own, x)
        layer.parameter_gradients(gradients, x, upstream)
        assert y.is_contiguous()
        return {"y": y, "x": layer.input_gradient(own, x, y, upstream), **gradients}

    together = computed(weights, x, upstream)
    expected = weights["weight"].double() @ x.double() + weights["bias"].double()[..., None]
    torch.testing.assert_close(together["y"].double(), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(together["weight"].double(), upstream.double() @ x.double().mT, rtol=1e-4, atol=1e-4)
    for run in range(7):
        own = {name: weight[run : run + 1].clone() for name, weight in weights.items()}
        alone = computed(own, x[run : run + 1].clone(), upstream[run : run + 1].clone())
        for name, value in alone.items():
            assert torch.equal(value[0], together[name][run]), name
