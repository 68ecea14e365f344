"""The fast path against the general one: a chain of batched layers computes what torch.func computes."""

import itertools
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.functional import Functional
from lightning_modules.stack.layers.max_pool2d import MaxPool2d
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower import lower
from lightning_modules.stack.stacked import stacked

loss = CrossEntropy()


def assert_same(module, shape, inputs, targets, runs, seed=0):
    """Both stacked forms, and each run alone by plain autograd, give the same outputs, losses and gradients."""
    layers = lower(module, shape)
    assert layers is not None
    chain, functional, layout = Chain(layers, loss), Functional(module, loss), Layout.of(module)
    weights = torch.randn(runs, layout.size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    parameters = layout.views(weights)
    torch.testing.assert_close(
        chain.forward(parameters, inputs), functional.forward(parameters, inputs), rtol=1e-12, atol=1e-12
    )
    own = inputs.expand(runs, *inputs.shape[1:])
    by_chain, by_functional = torch.full_like(weights, torch.nan), torch.full_like(weights, torch.nan)
    losses = chain.gradient(parameters, layout.views(by_chain), own, targets)
    again = functional.gradient(parameters, layout.views(by_functional), own, targets)
    torch.testing.assert_close(losses, again, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(by_chain, by_functional, rtol=1e-12, atol=1e-12)
    for run in range(runs):
        for name, parameter in module.named_parameters():
            parameter.data = parameters[name][run].clone()
            parameter.grad = None
        outputs = module(own[run])
        nn.functional.cross_entropy(outputs, targets[run]).backward()
        alone = layout.row({name: parameter.grad for name, parameter in module.named_parameters()})
        torch.testing.assert_close(by_chain[run], alone, rtol=1e-12, atol=1e-12)


def draw_batch(draw, shape, classes, runs, leading):
    batch = draw(st.integers(1, 9))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    inputs = torch.randn(leading, batch, *shape, generator=generator, dtype=torch.float64)
    if len(shape) == 3 and draw(st.booleans()):
        # Few grey levels and a blank image: many pixels of a window share its maximum.
        inputs = inputs.round()
        inputs[:, 0] = 0
    return inputs, torch.randint(classes, (runs, batch), generator=generator)


known = [
    nn.ReLU,
    nn.Tanh,
    nn.Sigmoid,
    nn.GELU,
    nn.Identity,
    nn.PReLU,
    nn.ELU,
    partial(nn.ELU, 0.3),
    partial(nn.LeakyReLU, 0.1),
    partial(nn.LeakyReLU, 1.5),
]
activations = st.sampled_from(known)


@given(st.data())
def test_linear_chains(data):
    draw = data.draw
    widths = draw(st.lists(st.integers(1, 7), min_size=2, max_size=5))
    layers = [nn.Flatten()] if draw(st.booleans()) else []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [nn.Linear(inputs, outputs, bias=draw(st.booleans())), draw(activations)()]
    module = nn.Sequential(*layers[:-1]).double()
    runs = draw(st.integers(1, 4))
    shape = (widths[0],)
    batch = draw_batch(draw, shape, widths[-1], runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(module, shape, *batch, runs)


@given(st.data())
def test_convolutional_chains(data):
    draw = data.draw
    shape = channels, height, width = (draw(st.integers(1, 3)), draw(st.integers(3, 8)), draw(st.integers(3, 8)))
    layers: list[nn.Module] = []
    for _ in range(draw(st.integers(1, 2))):
        # With 8 the next convolution is by rows.
        outputs = draw(st.sampled_from([1, 2, 3, 8]))
        padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
        stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
        kernel = (
            draw(st.integers(1, min(4, height + 2 * padding[0]))),
            draw(st.integers(1, min(4, width + 2 * padding[1]))),
        )
        layers.append(nn.Conv2d(channels, outputs, kernel, stride, padding, bias=draw(st.booleans())))
        channels, height, width = nn.Sequential(*layers)(torch.zeros(1, *shape)).shape[1:]
        layers += [draw(activations)()] if draw(st.booleans()) else []
        window = (draw(st.integers(1, min(3, height))), draw(st.integers(1, min(3, width))))
        layers.append(nn.MaxPool2d(window))
        height, width = height // window[0], width // window[1]
    classes = draw(st.integers(1, 4))
    module = nn.Sequential(nn.Sequential(*layers), nn.Flatten(), nn.Linear(channels * height * width, classes)).double()
    runs = draw(st.integers(1, 3))
    batch = draw_batch(draw, shape, classes, runs, leading=draw(st.sampled_from([1, runs])))
    assert_same(module, shape, *batch, runs)


@pytest.mark.parametrize("make", known, ids=lambda make: str(make()))
@pytest.mark.parametrize("pool", [1, 2])
def test_activations_at_zeros_and_in_saturation(make, pool):
    """A blank image without biases puts zeros before every activation, large inputs drive it far into both tails."""
    module = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), make(), nn.MaxPool2d(pool), nn.Flatten()).double()
    module.extend([nn.Linear(32 // pool**2, 3, bias=False), make(), nn.Linear(3, 3)]).double()
    inputs = torch.zeros(2, 5, 1, 4, 4, dtype=torch.float64)
    inputs[:, 1] = -0.0
    inputs[:, 2, :, :2] = 30.0
    inputs[:, 3, :, 2:] = -30.0
    inputs[:, 4] = 1e3
    assert_same(module, (1, 4, 4), inputs, torch.tensor([[0, 1, 2, 0, 1], [2, 2, 1, 0, 0]]), runs=2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("make", known, ids=lambda make: str(make()))
def test_the_bits_of_an_activation_do_not_depend_on_the_stack(make, dtype):
    (layer,) = lower(nn.Sequential(make(), nn.Linear(1, 1)), (1,))[:1]
    generator = torch.Generator().manual_seed(0)
    for units, batch in ((1, 7), (5, 50), (17, 20), (3, 64)):
        x, upstream = (3 * torch.randn(33, units, batch, generator=generator, dtype=dtype) for _ in range(2))
        slopes = {"0.weight": torch.randn(33, 1, generator=generator, dtype=dtype)}

        def results(rows, x=x, upstream=upstream, slopes=slopes):
            own, upstream, x = {"0.weight": slopes["0.weight"][rows]}, upstream[rows].clone(), x[rows].clone()
            gradients = {"0.weight": torch.zeros(len(x), 1, dtype=dtype)}
            y = layer.forward(own, x)
            layer.parameter_gradients(gradients, x, upstream)
            return torch.cat(
                [y.flatten(1), layer.input_gradient(own, x, y, upstream).flatten(1), gradients["0.weight"]], 1
            )

        for runs in (2, 8, 33):
            together = results(slice(0, runs))
            for run in (0, runs // 2, runs - 1):
                assert torch.equal(together[run], results(slice(run, run + 1))[0])


@pytest.mark.parametrize("shape", [(1, 7, 9), (2, 5, 5), (3, 8, 6)])
@pytest.mark.parametrize("window", [2, 3, (1, 2), (3, 2)])
def test_pooling_before_any_weights_and_ties_everywhere(shape, window):
    module = nn.Sequential(
        nn.MaxPool2d(window), nn.Conv2d(shape[0], 2, 3, padding=1), nn.MaxPool2d(1), nn.ReLU(), nn.Flatten()
    )
    features = module(torch.zeros(1, *shape)).shape[1]
    module = nn.Sequential(*module, nn.Linear(features, 3)).double()
    inputs = torch.zeros(2, 4, *shape, dtype=torch.float64)
    assert_same(module, shape, inputs, torch.tensor([[0, 1, 2, 0], [2, 2, 1, 0]]), runs=2)


@given(st.data())
def test_the_gradient_of_a_tie_goes_where_torch_sends_it(data):
    window = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    height, width = data.draw(st.integers(window[0], 8)), data.draw(st.integers(window[1], 8))
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    # Two grey levels: nearly every window has a tie, and each pixel's gradient is looked at.
    x = torch.randint(2, (2, 3, height, width, 4), generator=generator).double()
    layer = MaxPool2d(window)
    y = layer.training_forward({}, x)
    torch.testing.assert_close(layer.forward({}, x), y, rtol=0, atol=0)
    upstream = torch.randn(y.shape, generator=generator, dtype=torch.float64)
    leaf = x.movedim(-1, 1).flatten(0, 1).requires_grad_()
    pooled = nn.functional.max_pool2d(leaf, window)
    torch.testing.assert_close(y.movedim(-1, 1).flatten(0, 1), pooled, rtol=0, atol=0)
    pooled.backward(upstream.movedim(-1, 1).flatten(0, 1))
    gradient = layer.input_gradient({}, x, y, upstream).movedim(-1, 1).flatten(0, 1)
    torch.testing.assert_close(gradient, leaf.grad, rtol=0, atol=0)


def test_one_chain_serves_batches_of_any_size_and_precision_in_turn():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
    layers = lower(module, (1, 6, 6))
    chain, layout = Chain(layers, loss), Layout.of(module)
    for runs, batch, dtype in (
        (1, 2, torch.float32),
        (3, 7, torch.float64),
        (1, 3, torch.float64),
        (1, 2, torch.float32),
        (4, 9, torch.float64),
    ):
        parameters = layout.views(torch.randn(runs, layout.size, dtype=dtype))
        inputs = torch.randn(runs, batch, 1, 6, 6, dtype=dtype)
        expected = Functional(module, loss).forward(parameters, inputs)
        tolerance = 1e-12 if dtype == torch.float64 else 1e-5
        torch.testing.assert_close(chain.forward(parameters, inputs), expected, rtol=tolerance, atol=tolerance)


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Reversed(nn.Sequential):
    def forward(self, x):
        for layer in reversed(self):
            x = layer(x)
        return x


def with_hook(module, kind="register_forward_hook"):
    getattr(module, kind)(lambda *_: None)
    return module


image = (2, 8, 8)
unknown = {
    "subclass of a linear layer": (nn.Sequential(nn.Flatten(), Doubled(128, 3)), image),
    "subclass of a sequence": (nn.Sequential(nn.Flatten(), Reversed(nn.ReLU(), nn.Linear(128, 3))), image),
    "grouped convolution": (nn.Sequential(nn.Conv2d(2, 4, 3, groups=2), nn.Flatten()), image),
    "dilated convolution": (nn.Sequential(nn.Conv2d(2, 4, 3, dilation=2), nn.Flatten()), image),
    "padding by name": (nn.Sequential(nn.Conv2d(2, 4, 3, padding="same"), nn.Flatten()), image),
    "circular padding": (nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, padding_mode="circular"), nn.Flatten()), image),
    "overlapping pool": (nn.Sequential(nn.Conv2d(2, 4, 3), nn.MaxPool2d(3, stride=1), nn.Flatten()), image),
    "padded pool": (nn.Sequential(nn.Conv2d(2, 4, 3), nn.MaxPool2d(2, padding=1), nn.Flatten()), image),
    "dilated pool": (nn.Sequential(nn.Conv2d(2, 4, 3), nn.MaxPool2d(2, dilation=2), nn.Flatten()), image),
    "pool that rounds up": (nn.Sequential(nn.Conv2d(2, 4, 3), nn.MaxPool2d(4, ceil_mode=True), nn.Flatten()), image),
    "hook on a layer": (nn.Sequential(nn.Flatten(), with_hook(nn.Linear(128, 3))), image),
    "hook before a layer": (
        nn.Sequential(nn.Flatten(), with_hook(nn.Linear(128, 3), "register_forward_pre_hook")),
        image,
    ),
    "hook on a sequence": (with_hook(nn.Sequential(nn.Flatten(), nn.Linear(128, 3))), image),
    "linear layer on images": (nn.Sequential(nn.Linear(8, 3), nn.Flatten()), image),
    "partial flattening": (nn.Sequential(nn.Flatten(2), nn.Linear(64, 3)), image),
    "images at the end": (nn.Sequential(nn.Conv2d(2, 4, 3)), image),
    "convolution on vectors": (nn.Sequential(nn.Flatten(), nn.Conv2d(2, 4, 3)), image),
    "unknown activation": (nn.Sequential(nn.Flatten(), nn.Linear(128, 3), nn.Softplus()), image),
    "approximate GELU": (nn.Sequential(nn.Flatten(), nn.Linear(128, 3), nn.GELU("tanh")), image),
    "leak that turns the sign": (nn.Sequential(nn.Flatten(), nn.Linear(128, 3), nn.LeakyReLU(-0.1)), image),
    "ELU that turns the sign": (nn.Sequential(nn.Flatten(), nn.Linear(128, 3), nn.ELU(-1.0)), image),
    "leak for each channel": (nn.Sequential(nn.Flatten(), nn.Linear(128, 3), nn.PReLU(3)), image),
    "nothing to train": (nn.Sequential(nn.Flatten(), nn.ReLU()), image),
    "weight normalization": (
        nn.Sequential(nn.Flatten(), nn.utils.parametrizations.weight_norm(nn.Linear(128, 3))),
        image,
    ),
}


@pytest.mark.parametrize(("module", "shape"), unknown.values(), ids=list(unknown))
def test_what_is_not_exactly_known_is_not_lowered(module, shape):
    assert lower(module, shape) is None


def test_tied_weights_are_not_lowered():
    twice = nn.Linear(4, 4)
    assert lower(nn.Sequential(twice, nn.ReLU(), twice), (4,)) is None
    tied = nn.Linear(4, 4)
    tied.weight = twice.weight
    assert lower(nn.Sequential(twice, nn.ReLU(), tied), (4,)) is None


def test_a_layer_standing_twice_is_applied_twice():
    act = nn.Tanh()
    module = nn.Sequential(nn.Linear(3, 4), act, nn.Linear(4, 4), act, nn.Linear(4, 2), act).double()
    inputs = torch.randn(2, 5, 3, dtype=torch.float64)
    assert_same(module, (3,), inputs, torch.tensor([[0, 1, 1, 0, 1]] * 2), runs=2)


def test_known_chains_take_the_fast_path_and_others_the_general_one():
    assert isinstance(stacked(nn.Sequential(nn.Linear(3, 2)), loss, (3,)), Chain)
    assert isinstance(stacked(nn.Sequential(nn.Linear(3, 2), nn.Softplus()), loss, (3,)), Functional)
    assert isinstance(stacked(nn.Linear(3, 2), loss, (3,)), Chain)


@given(st.integers(1, 4), st.integers(0, 99))
def test_layout_puts_every_parameter_where_its_view_finds_it(runs, seed):
    module = nn.Sequential(nn.Conv2d(2, 3, (1, 2)), nn.Flatten(), nn.Linear(6, 2, bias=False))
    module.scale = nn.Parameter(torch.tensor(1.0))
    layout = Layout.of(module)
    assert layout.size == sum(parameter.numel() for parameter in module.parameters())
    sets = [
        {
            name: torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed + run))
            for name, parameter in module.named_parameters()
        }
        for run in range(runs)
    ]
    weights = torch.stack([layout.row(each) for each in sets])
    views = layout.views(weights)
    for name in layout.shapes:
        torch.testing.assert_close(views[name], torch.stack([each[name] for each in sets]), rtol=0, atol=0)
        views[name].fill_(7)
    assert (weights == 7).all()
