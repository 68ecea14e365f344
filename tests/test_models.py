"""Every model maps each kind of data to its outputs or says why not; forward passes and parameter counts by hand."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lightning_modules.activations.identity import Identity
from lightning_modules.activations.relu import ReLU
from lightning_modules.activations.sigmoid import Sigmoid
from lightning_modules.activations.tanh import Tanh
from lightning_modules.activations.threshold import Threshold
from lightning_modules.component import content_hash
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.glorot_normal import GlorotNormal
from lightning_modules.initializers.initializer import initialize
from lightning_modules.models.bases.absolute_difference import AbsoluteDifference
from lightning_modules.models.bases.basis import Basis
from lightning_modules.models.bases.polynomial import Polynomial
from lightning_modules.models.bases.squared_norm import SquaredNorm
from lightning_modules.models.cnn import CNN
from lightning_modules.models.fixed_features import FixedFeatures
from lightning_modules.models.linear import Linear
from lightning_modules.models.logistic_regression import LogisticRegression
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.models.normalization.group_normalization import GroupNormalization
from lightning_modules.models.normalization.normalization import Normalization
from lightning_modules.models.perceptron import Perceptron
from lightning_modules.models.resnet import ResNet
from lightning_modules.models.scalar_network import ScalarNetwork
from lightning_modules.modules.drop_connect import DropConnectLinear
from lightning_modules.modules.residual import Residual
from lightning_modules.stack.lower import lower
from tests.conftest import components, instances

found = components("lightning_modules.models", Model)
kinds = [((1,), 1), ((2,), 2), ((13,), 3), ((10,), 1), ((1, 8, 8), 10), ((3, 9, 7), 4)]


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def built(model, shape, outputs, seed=0):
    """The module in float64, its parameters drawn, biases and normalizations as well."""
    module = model.build(shape, outputs).double()
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module, {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


def batch(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def is_small(component):
    """Tell whether nothing about a component, or a component within it, makes it slow to build."""
    if not dataclasses.is_dataclass(component):
        return True
    names = {"blocks": 2, "degree": 3, "kernel": 9}
    sizes = [getattr(component, name, 0) <= largest for name, largest in names.items()]
    return all(sizes) and all(is_small(getattr(component, field.name)) for field in dataclasses.fields(component))


@pytest.mark.parametrize("cls", found)
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], max_examples=25)
@given(data=st.data())
def test_every_model_maps_a_batch_to_its_outputs_or_refuses_with_a_sentence(cls, data):
    model = data.draw(instances(cls).filter(is_small))
    shape, outputs = data.draw(st.sampled_from(kinds))
    refusal = None
    try:
        module = model.build(shape, outputs)
    except InvalidInput as error:
        refusal = str(error)
    if refusal is not None:
        assert (": " in refusal, refusal[-1]) == (True, ".")
        return
    initialize(module, GlorotNormal())
    module.eval()
    x = torch.randn(5, *shape, generator=torch.Generator().manual_seed(0))
    y = module(x)
    assert y.shape == (5, outputs)
    # In evaluation an example does not depend on those beside it.
    torch.testing.assert_close(module(x[2:3]), y[2:3], rtol=1e-4, atol=1e-4)
    assert all(parameter.isfinite().all() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("cls", "refused"),
    [
        (MLP, []),
        (Linear, []),
        (LogisticRegression, []),
        (Perceptron, []),
        (CNN, kinds[:4]),
        (ResNet, kinds[:4]),
        (ScalarNetwork, kinds[1:]),
    ],
)
def test_every_model_is_for_these_kinds_of_data(cls, refused):
    for shape, outputs in kinds:
        if (shape, outputs) in refused:
            with pytest.raises(InvalidInput):
                cls().build(shape, outputs)
        else:
            cls().build(shape, outputs)


def numpy_mlp(weights, x, phi, residual):
    """h ← φ(W h + b), with links between equal widths."""
    names = [name.removesuffix(".weight") for name in weights if name.endswith(".weight")]
    h = x
    for name in names[:-1]:
        new = phi(h @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])
        h = h + new if residual and name != names[0] and new.shape == h.shape else new
    return h @ weights[f"{names[-1]}.weight"].T + weights[f"{names[-1]}.bias"]


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("widths", [(), (6,), (6, 6, 6), (5, 6, 6, 4, 4)], ids=str)
@pytest.mark.parametrize(
    ("activation", "phi"), [(Tanh(), np.tanh), (ReLU(), lambda x: np.maximum(x, 0))], ids=["tanh", "relu"]
)
def test_the_mlp_is_what_numpy_computes(widths, residual, activation, phi):
    module, weights = built(MLP(widths, activation, residual), (2, 3), 4)
    x = batch(7, 2, 3)
    expected = numpy_mlp(weights, x.numpy().reshape(7, 6), phi, residual)
    np.testing.assert_allclose(module(x).detach().numpy(), expected, rtol=1e-12, atol=1e-12)
    sizes = [6, *widths, 4]
    assert count(module) == sum((sizes[i] + 1) * sizes[i + 1] for i in range(len(sizes) - 1))


def test_a_deep_residual_mlp_passes_the_gradient_that_a_plain_one_loses():
    def first_over_last(residual):
        module = MLP((16,) * 20, Sigmoid(), residual).build((16,), 2).double()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            initialize(module, GlorotNormal())
        F.cross_entropy(module(batch(50, 16)), torch.arange(50) % 2).backward()
        norms = [parameter.grad.norm() for name, parameter in module.named_parameters() if name.endswith("weight")]
        return float(norms[0] / norms[-2])

    assert first_over_last(residual=False) < 1e-8
    assert first_over_last(residual=True) > 1e-2


def test_names_and_hashes_at_the_defaults_are_what_stores_hold():
    names = [name for name, _ in MLP((5, 5)).build((3,), 2).named_parameters()]
    assert names == [f"{layer}.{kind}" for layer in (1, 3, 5) for kind in ("weight", "bias")]
    names = [name for name, _ in CNN((2, 3)).build((1, 8, 8), 2).named_parameters()]
    assert names == [f"{layer}.{kind}" for layer in (0, 3, 7) for kind in ("weight", "bias")]
    assert content_hash(MLP((5, 5))) == content_hash(MLP((5, 5), residual=False, dropout=0.0, drop_connect=0.0))
    assert (content_hash(MLP()), content_hash(CNN())) == (hash_of_empty("mlp:MLP"), hash_of_empty("cnn:CNN"))


def hash_of_empty(name):
    import hashlib

    return hashlib.sha256(f'{{"type":"lightning_modules.models.{name}"}}'.encode()).hexdigest()[:12]


def test_dropout_follows_every_hidden_activation_and_nothing_else():
    module = MLP((4, 4, 5), Tanh(), residual=True, dropout=0.5).build((3,), 2)
    kinds = [type(leaf).__name__ for leaf in module.modules() if not list(leaf.children())]
    hidden = ["Linear", "Tanh", "Dropout"]
    assert kinds == ["Flatten", *hidden, *hidden, "Identity", *hidden, "Linear"]
    assert {leaf.p for leaf in module.modules() if isinstance(leaf, nn.Dropout)} == {0.5}
    module = CNN((2, 3), dropout=0.25).build((1, 8, 8), 2)
    kinds = [type(leaf).__name__ for leaf in module]
    assert kinds == ["Conv2d", "ReLU", "MaxPool2d", "Dropout"] * 2 + ["Flatten", "Linear"]


def test_dropconnect_keeps_the_mean_and_drops_weights_only():
    module = MLP((4,), Identity(), drop_connect=0.25).build((3,), 2)
    layers = [layer for layer in module if isinstance(layer, DropConnectLinear)]
    assert [tuple(layer.weight.shape) for layer in layers] == [(4, 3), (2, 4)]
    layer = DropConnectLinear(30, 40, 0.25).double()
    x = torch.eye(30, dtype=torch.float64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        seen = torch.stack([layer(x).detach() - layer.bias.detach() for _ in range(300)])
    ratios = seen / layer.weight.detach().mT
    assert {round(value, 9) for value in ratios.unique().tolist()} == {0.0, round(1 / 0.75, 9)}
    # Six standard errors of 360,000 draws.
    assert abs((ratios == 0).double().mean() - 0.25) < 6 * math.sqrt(0.25 * 0.75 / ratios.numel())
    layer.eval()
    torch.testing.assert_close(layer(x), F.linear(x, layer.weight, layer.bias), rtol=0, atol=0)
    initialize(layer, GlorotNormal())
    assert (layer.bias == 0).all()


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("global_average", [False, True])
@pytest.mark.parametrize("groups", [None, 1, 2])
def test_the_cnn_is_what_it_says(pooling, global_average, groups):
    normalization = None if groups is None else GroupNormalization(groups, epsilon=0.1)
    model = CNN((4, 6), 3, 2, Tanh(), pooling, global_average, normalization)
    module, weights = built(model, (2, 9, 8), 3)
    parameters = iter([torch.from_numpy(weight) for weight in weights.values()])
    x = batch(5, 2, 9, 8)
    h = x
    for _ in range(2):
        if groups is None:
            h = F.conv2d(h, next(parameters), next(parameters), padding=1)
        else:
            h = F.conv2d(h, next(parameters), padding=1)
            split = h.reshape(5, groups, -1)
            moments = split.mean(dim=2, keepdim=True), split.var(dim=2, keepdim=True, correction=0)
            h = ((split - moments[0]) / (moments[1] + 0.1).sqrt()).reshape(h.shape)
            h = h * next(parameters)[:, None, None] + next(parameters)[:, None, None]
        # Windows by reshaping, the last row of nine pixels left out.
        rows, cols = h.shape[2] // 2, h.shape[3] // 2
        windows = h.tanh()[:, :, : 2 * rows, : 2 * cols].reshape(5, h.shape[1], rows, 2, cols, 2)
        h = windows.amax(dim=(3, 5)) if pooling == "max" else windows.mean(dim=(3, 5))
    h = h.mean(dim=(2, 3)) if global_average else h.reshape(5, -1)
    weight, bias = next(parameters), next(parameters)
    torch.testing.assert_close(module(x), h @ weight.mT + bias, rtol=1e-12, atol=1e-12)
    convolutions = 9 * (2 * 4 + 4 * 6) + (4 + 6) * (1 if groups is None else 2)
    assert count(module) == convolutions + (6 * (1 if global_average else 4) + 1) * 3
    assert lower(module, (2, 9, 8)) is not None


def test_batch_normalization_is_over_the_batch_and_knows_its_settings():
    module = CNN((3,), pool=1, normalization=BatchNormalization(0.2, 1e-3)).build((1, 4, 4), 2).double()
    assert [type(layer).__name__ for layer in module] == ["Conv2d", "BatchNorm2d", "ReLU", "Flatten", "Linear"]
    h = module[0](batch(6, 1, 4, 4)).detach()
    mean, variance = h.mean(dim=(0, 2, 3)), h.var(dim=(0, 2, 3), correction=0)
    expected = (h - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt()
    torch.testing.assert_close(module[1](h), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(module[1].running_mean, 0.2 * mean, rtol=1e-12, atol=1e-12)


def by_hand_resnet(weights, x, widths, blocks):
    """The forward pass from the weights alone, without normalization."""
    parameters = iter([torch.from_numpy(weight) for weight in weights.values()])
    h = F.conv2d(x, next(parameters), padding=1).relu()
    for stage, width in enumerate(widths):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            inner = F.conv2d(h, next(parameters), stride=stride, padding=1).relu()
            inner = F.conv2d(inner, next(parameters), padding=1)
            around = torch.zeros_like(inner)
            around[:, : h.shape[1]] = h[:, :, ::stride, ::stride]
            assert inner.shape[1] == width
            h = (inner + around).relu()
    weight, bias = next(parameters), next(parameters)
    return h.mean(dim=(2, 3)) @ weight.mT + bias


@pytest.mark.parametrize(("widths", "blocks"), [((4,), 2), ((3, 3), 1), ((2, 4, 5), 2)], ids=str)
@pytest.mark.parametrize("side", [8, 7])
def test_the_resnet_is_what_the_paper_says(widths, blocks, side):
    module, weights = built(ResNet(widths, blocks, normalization=None), (3, side, side), 4)
    x = batch(5, 3, side, side)
    torch.testing.assert_close(module(x), by_hand_resnet(weights, x, widths, blocks), rtol=1e-10, atol=1e-10)
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert len(layers) == 2 * blocks * len(widths) + 2
    assert lower(module, (3, side, side)) is not None


@pytest.mark.parametrize("normalization", [BatchNormalization(), GroupNormalization(2), None], ids=str)
@pytest.mark.parametrize("blocks", [1, 3])
def test_the_resnet_has_the_parameters_of_the_paper(blocks, normalization):
    widths = (16, 32, 64)
    sizes = 9 * (3 * 16) + sum(
        9 * (w * w * (2 * blocks - 1) + v * w) for v, w in zip((16, 16, 32), widths, strict=True)
    )
    norms = 0 if normalization is None else 2 * (16 + 2 * blocks * sum(widths))
    module = ResNet(widths, blocks, normalization).build((3, 32, 32), 10)
    assert count(module) == sizes + norms + 650
    # He et al. state 0.27 million for the 20 layers.
    assert blocks == 1 or round(count(module) / 1e6, 2) == 0.27
    plain = ResNet(widths, blocks, normalization, residual=False).build((3, 32, 32), 10)
    assert count(plain) == count(module)
    assert not any(isinstance(layer, Residual) for layer in plain.modules())
    assert sum(isinstance(layer, Residual) for layer in module.modules()) == 3 * blocks


def test_group_normalization_keeps_a_resnet_on_the_fast_path():
    assert lower(ResNet((4, 8), 2, GroupNormalization(2)).build((1, 8, 8), 10), (1, 8, 8)) is not None


@given(shape=st.sampled_from([(1,), (7,), (2, 3, 3)]), classes=st.integers(2, 6))
def test_linear_models_count_their_parameters_and_agree_on_the_probabilities(shape, classes):
    inputs = math.prod(shape)
    linear, weights = built(Linear(), shape, classes)
    x = batch(9, *shape)
    expected = x.numpy().reshape(9, inputs) @ weights["1.weight"].T + weights["1.bias"]
    np.testing.assert_allclose(linear(x).detach().numpy(), expected, rtol=1e-12, atol=1e-12)
    assert count(linear) == classes * (inputs + 1)
    for model in (LogisticRegression(), Perceptron()):
        reduced, _ = built(model, shape, classes)
        assert count(reduced) == (classes - 1) * (inputs + 1)
        # Taking the first row off all of them changes no difference of logits.
        reduced[1].weight.data = linear[1].weight[1:] - linear[1].weight[:1]
        reduced[1].bias.data = linear[1].bias[1:] - linear[1].bias[:1]
        assert (reduced(x)[:, 0] == 0).all()
        torch.testing.assert_close(reduced(x).softmax(dim=1), linear(x).softmax(dim=1), rtol=1e-12, atol=1e-12)


def test_the_perceptron_chooses_by_the_sign_of_its_sum():
    module, weights = built(Perceptron(), (3,), 2)
    x = batch(200, 3)
    step = (x.numpy() @ weights["1.weight"][0] + weights["1.bias"][0] > 0).astype(int)
    assert 20 < step.sum() < 180
    assert module(x).argmax(dim=1).tolist() == step.tolist()


corners = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)


def test_a_threshold_network_wired_by_hand_solves_xor():
    """(a OR b) AND NOT (a AND b), and the opposite for the other class."""
    module = MLP((2,), Threshold()).build((2,), 2).double()
    module[1].weight.data = torch.ones(2, 2, dtype=torch.float64)
    module[1].bias.data = torch.tensor([-0.5, -1.5], dtype=torch.float64)
    module[3].weight.data = torch.tensor([[-1, 1], [1, -1]], dtype=torch.float64)
    module[3].bias.data = torch.tensor([0.5, -0.5], dtype=torch.float64)
    assert module[:3](corners).tolist() == [[0, 0], [1, 0], [1, 0], [1, 1]]
    assert module(corners).argmax(dim=1).tolist() == [0, 1, 1, 0]
    F.cross_entropy(module(corners), torch.tensor([0, 1, 1, 0])).backward()
    assert (module[1].weight.grad == 0).all()
    assert (module[3].weight.grad != 0).any()


def test_the_absolute_difference_makes_xor_linear():
    module = FixedFeatures(AbsoluteDifference()).build((2,), 2).double()
    assert count(module) == 4
    assert module[:2](corners).tolist() == [[0], [1], [1], [0]]
    module[2].weight.data = torch.tensor([[-1.0], [1.0]], dtype=torch.float64)
    module[2].bias.data = torch.tensor([0.5, -0.5], dtype=torch.float64)
    assert module(corners).argmax(dim=1).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("basis", components("lightning_modules.models.bases", Basis))
@given(data=st.data(), inputs=st.integers(1, 4))
def test_a_basis_has_the_size_it_states_and_takes_any_leading_axes(basis, data, inputs):
    basis = data.draw(instances(basis).filter(is_small))
    try:
        size = basis.size(inputs)
    except InvalidInput:
        assert (type(basis), inputs == 2) == (AbsoluteDifference, False)
        return
    x = batch(3, 5, inputs)
    features = basis.features(x)
    assert features.shape == (3, 5, size)
    torch.testing.assert_close(basis.features(x[1, 2]), features[1, 2], rtol=0, atol=0)


def test_bases_are_their_formulas():
    x1, x2 = 0.3, -1.7
    x = torch.tensor([x1, x2], dtype=torch.float64)
    assert Polynomial(2).features(x).tolist() == pytest.approx([x1 * x1, x1 * x2, x1, x2 * x2, x2], rel=1e-14)
    assert Polynomial(1).features(x).tolist() == [x1, x2]
    assert Polynomial(3).features(x[:1]).tolist() == pytest.approx([x1**3, x1**2, x1], rel=1e-14)
    assert SquaredNorm().features(x).tolist() == pytest.approx([x1**2 + x2**2], rel=1e-14)
    assert AbsoluteDifference().features(x).tolist() == pytest.approx([2.0], rel=1e-14)
    assert (Polynomial(2).size(64), Polynomial(3).size(2)) == (2144, 9)


def test_polynomials_are_all_different():
    assert len(set(Polynomial(4).features(torch.tensor([2.0, 3.0, 5.0])).tolist())) == math.comb(7, 4) - 1


@given(w1=st.floats(-3, 3), w2=st.floats(-3, 3), x=st.floats(-3, 3))
def test_the_scalar_network_is_its_formula(w1, w2, x):
    module = ScalarNetwork(Tanh(), Sigmoid()).build((1,), 1).double()
    assert count(module) == 2
    module[1].weight.data.fill_(w1)
    module[3].weight.data.fill_(w2)
    expected = 1 / (1 + math.exp(-w2 * math.tanh(w1 * x)))
    assert module(torch.tensor([[x]], dtype=torch.float64)).item() == pytest.approx(expected, rel=1e-12)


def scalar_loss(activation, x, t):
    module = ScalarNetwork(activation).build((1,), 1).double()

    def loss(w):
        values = {"1.weight": w[0].view(1, 1), "3.weight": w[1].view(1, 1)}
        return (torch.func.functional_call(module, values, (torch.tensor([[x]], dtype=torch.float64),)) - t).square()[
            0, 0
        ]

    return loss


@given(x=st.floats(-3, 3), t=st.floats(-3, 3))
def test_the_linear_scalar_network_has_a_saddle_at_the_origin(x, t):
    hessian = torch.func.jacrev(torch.func.grad(scalar_loss(Identity(), x, t)))(torch.zeros(2, dtype=torch.float64))
    eigenvalues = torch.linalg.eigvalsh(hessian).tolist()
    assert eigenvalues == pytest.approx([-abs(2 * x * t), abs(2 * x * t)], rel=1e-9, abs=1e-12)


@given(x=st.floats(0.1, 3), w1=st.floats(-3, -0.1), w2=st.floats(-3, 3))
def test_the_rectified_scalar_network_is_dead_on_a_half_plane(x, w1, w2):
    loss = scalar_loss(ReLU(), x, 0.7)
    w = torch.tensor([w1, w2], dtype=torch.float64)
    assert loss(w).item() == 0.7**2
    assert torch.func.grad(loss)(w).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: MLP(dropout=1.0), r"MLP's dropout is 1\.0: give a number of at least 0 and below 1"),
        (lambda: MLP(drop_connect=-0.1), r"MLP's drop_connect is -0\.1"),
        (lambda: CNN(dropout=1), r"CNN's dropout is 1"),
        (lambda: CNN(pooling="median"), r"CNN's pooling is 'median': give 'max' or 'average'\."),
        (lambda: CNN(normalization="batch"), r"CNN's normalization is 'batch': give one, such as GroupNorm"),
        (lambda: ResNet(normalization=BatchNormalization), r"ResNet's normalization is <class .*: give one, such as"),
        (lambda: ResNet((8, 4)), r"ResNet's widths are \(8, 4\): give one or more that do not decrease"),
        (lambda: ResNet(()), r"ResNet's widths are \(\)"),
        (lambda: ResNet(blocks=0), r"ResNet's blocks is 0"),
        (lambda: ResNet().build((64,), 10), r"A ResNet needs images .* not inputs of shape \(64,\): use an MLP\."),
        (lambda: GroupNormalization(0), r"group normalization's groups is 0"),
        (lambda: GroupNormalization(epsilon=0), r"group normalization's epsilon is 0"),
        (lambda: GroupNormalization(4).build(6), r"cannot divide 6 channels into 4 groups: give a number of groups"),
        (lambda: BatchNormalization(1.0), r"batch normalization's momentum is 1\.0"),
        (lambda: BatchNormalization(epsilon=-1), r"batch normalization's epsilon is -1"),
        (lambda: FixedFeatures("x"), r"fixed features' basis is 'x': give one, such as Polynomial\(2\)\."),
        (lambda: FixedFeatures(AbsoluteDifference()).build((3,), 2), r"one of two inputs, and the data have 3"),
        (lambda: Polynomial(0), r"polynomial's degree is 0"),
        (lambda: FixedFeatures(Polynomial(5)).build((64,), 2), r"degree 5 has 11238512 features of 64 inputs: give a"),
        (lambda: ScalarNetwork().build((2,), 1), r"one input and one output, and the data ask for 2 and 1"),
        (lambda: ScalarNetwork().build((1,), 3), r"and the data ask for 1 and 3"),
    ],
)
def test_settings_that_make_no_model_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()


def test_a_residual_block_of_two_shapes_is_refused():
    with pytest.raises(InvalidInput, match=r"adds \(5, 1\) to \(5, 3\): give it a body and a shortcut"):
        Residual(nn.Linear(3, 1))(torch.zeros(5, 3))


def test_the_search_finds_the_models():
    assert {MLP, CNN, ResNet, Linear, LogisticRegression, Perceptron, FixedFeatures, ScalarNetwork} <= set(found)
    assert set(components("lightning_modules.models.normalization", Normalization)) == {
        BatchNormalization,
        GroupNormalization,
    }
