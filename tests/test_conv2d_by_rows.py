"""Convolutions by rows against torch's own, forward and both gradients, and the choice between the two forms."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import conv2d

from lightning_modules.stack.layers.conv2d import Conv2d
from lightning_modules.stack.layers.conv2d_by_rows import Conv2dByRows
from lightning_modules.stack.lower import lower


def drawn(shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def assert_as_torch(layer, x, weight, bias, padding):
    """The layer's output and gradients for each run are those of torch's convolution of this run."""
    own = {"w": weight} if bias is None else {"w": weight, "b": bias}
    gradients = {name: torch.full_like(value, torch.nan) for name, value in own.items()}
    y = layer.forward(own, x)
    upstream = y.cos()
    layer.parameter_gradients(gradients, x, upstream)
    with_input = len(x) == len(weight)
    of_input = layer.input_gradient(own, x, y, upstream) if with_input else None
    for run in range(len(weight)):
        images = x[run % len(x)].movedim(-1, 0).requires_grad_()
        leaves = [images, weight[run].clone().requires_grad_()]
        leaves += [] if bias is None else [bias[run].clone().requires_grad_()]
        expected = conv2d(*leaves, padding=padding)
        torch.testing.assert_close(y[run].movedim(-1, 0), expected, rtol=1e-12, atol=1e-12)
        first, *others = torch.autograd.grad(expected, leaves, upstream[run].movedim(-1, 0))
        for name, other in zip(own, others, strict=True):
            torch.testing.assert_close(gradients[name][run], other, rtol=1e-12, atol=1e-12)
        if with_input:
            torch.testing.assert_close(of_input[run].movedim(-1, 0), first, rtol=1e-12, atol=1e-12)


@given(st.data())
def test_outputs_and_gradients_are_those_of_torch(data):
    draw = data.draw
    kernel = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    # Up to windows that lie in the padding altogether.
    padding = (draw(st.integers(0, 5)), draw(st.integers(0, 5)))
    sizes = [draw(st.integers(max(1, side - 2 * pad), 9)) for side, pad in zip(kernel, padding, strict=True)]
    runs, channels, outputs, batch = (draw(st.integers(1, 4)) for _ in range(4))
    leading, seed = draw(st.sampled_from([1, runs])), draw(st.integers(0, 99))
    bias = drawn((runs, outputs), seed + 2) if draw(st.booleans()) else None
    layer = Conv2dByRows("w", None if bias is None else "b", kernel, padding)
    x, weight = drawn((leading, channels, *sizes, batch), seed), drawn((runs, outputs, channels, *kernel), seed + 1)
    assert_as_torch(layer, x, weight, bias, padding)


def test_one_layer_serves_images_of_any_size_in_turn():
    layer = Conv2dByRows("w", "b", (3, 3), (1, 1))
    weight, bias = drawn((3, 4, 8, 3, 3)), drawn((3, 4))
    for seed, (height, width, batch) in enumerate([(4, 4, 5), (7, 3, 2), (4, 4, 5), (3, 7, 2), (1, 1, 1), (8, 5, 9)]):
        x = drawn((3, 8, height, width, batch), seed)
        single = layer.forward({"w": weight.float(), "b": bias.float()}, x.float())
        assert_as_torch(layer, x, weight, bias, (1, 1))
        torch.testing.assert_close(single.double(), layer.forward({"w": weight, "b": bias}, x), rtol=1e-5, atol=1e-5)


def test_gradients_are_those_of_the_input_they_are_given_for():
    layer = Conv2dByRows("w", None, (3, 3), (1, 1))
    weight, first, second = drawn((2, 4, 8, 3, 3)), drawn((2, 8, 4, 4, 3), 1), drawn((2, 8, 4, 4, 3), 2)
    upstream, gradient, again = drawn((2, 4, 4, 4, 3), 3), torch.empty_like(weight), torch.empty_like(weight)
    layer.forward({"w": weight}, first)
    layer.parameter_gradients({"w": gradient}, first, upstream)
    layer.forward({"w": weight}, second)
    layer.parameter_gradients({"w": again}, first, upstream)
    assert torch.equal(gradient, again)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(("height", "width", "batch"), [(4, 4, 64), (5, 3, 20), (3, 2, 1), (1, 1, 7)])
def test_the_bits_of_a_run_do_not_depend_on_the_stack(dtype, height, width, batch):
    layer = Conv2dByRows("w", "b", (3, 3), (1, 1))
    own = {"w": drawn((17, 12, 8, 3, 3), 1, dtype), "b": drawn((17, 12), 2, dtype)}
    x, upstream = drawn((17, 8, height, width, batch), 3, dtype), drawn((17, 12, height, width, batch), 4, dtype)

    def results(rows):
        part = {name: value[rows].clone() for name, value in own.items()}
        gradients, inputs = {name: torch.empty_like(value) for name, value in part.items()}, x[rows].clone()
        y = layer.forward(part, inputs)
        layer.parameter_gradients(gradients, inputs, upstream[rows].clone())
        of_input = layer.input_gradient(part, inputs, y, upstream[rows].clone())
        return torch.cat([each.flatten(1) for each in (y, of_input, *gradients.values())], dim=1)

    for runs in (2, 6, 17):
        together = results(slice(0, runs))
        for run in (0, runs // 2, runs - 1):
            assert torch.equal(together[run], results(slice(run, run + 1))[0]), (runs, run)


@pytest.mark.parametrize(
    ("convolution", "kind"),
    [
        (nn.Conv2d(8, 2, 3, padding=1), Conv2dByRows),
        (nn.Conv2d(16, 2, (5, 1)), Conv2dByRows),
        (nn.Conv2d(7, 2, 3, padding=1), Conv2d),
        (nn.Conv2d(8, 2, (1, 3)), Conv2d),
        (nn.Conv2d(8, 2, 3, stride=(1, 2)), Conv2d),
    ],
    ids=["8 channels", "16 channels", "7 channels", "one row", "stride"],
)
def test_convolutions_of_many_channels_are_by_rows(convolution, kind):
    shape = (convolution.in_channels, 6, 6)
    features = nn.Sequential(convolution, nn.Flatten())(torch.zeros(1, *shape)).shape[1]
    assert type(lower(nn.Sequential(convolution, nn.Flatten(), nn.Linear(features, 2)), shape)[0]) is kind
