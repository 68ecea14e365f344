"""Every initializer has the variance it states; those that torch has give torch's numbers for the same seed."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.constant_weights import ConstantWeights
from lightning_modules.initializers.glorot_normal import GlorotNormal
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.he_uniform import HeUniform
from lightning_modules.initializers.initializer import Initializer, fans, initialize
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.initializers.lecun_uniform import LecunUniform
from lightning_modules.initializers.misprinted_he import MisprintedHe
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.orthogonal import Orthogonal
from lightning_modules.initializers.uniform_fan_in import UniformFanIn
from lightning_modules.initializers.with_bias import WithBias
from lightning_modules.initializers.zero import Zero
from tests.conftest import components, instances

found = components("lightning_modules.initializers", Initializer)


def filled(fill, shape, seed=0, dtype=torch.float32):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weight = torch.full(shape, torch.nan, dtype=dtype)
        fill(weight)
    return weight


def test_the_search_finds_the_initializers():
    assert {Zero, Normal, HeNormal, LecunNormal, GlorotNormal, GlorotUniform} <= set(found)
    assert {ConstantWeights, UniformFanIn, LecunUniform, HeUniform, Orthogonal, MisprintedHe, WithBias} <= set(found)


@pytest.mark.parametrize("cls", found)
@pytest.mark.parametrize("shape", [(700, 500), (300, 900), (64, 48, 9, 9)], ids=str)
def test_moments_are_what_the_initializer_states(cls, shape):
    initializer = cls()
    weight = filled(initializer.fill, shape, dtype=torch.float64)
    stated = initializer.variance(shape)
    if stated == 0:
        assert (weight == initializer.mean()).all()
        return
    count = weight.numel()
    # Six standard errors; a normal variable has the larger of the two fourth moments.
    assert abs(weight.mean() - initializer.mean()) < 6 * math.sqrt(stated / count)
    assert abs(weight.var() / stated - 1) < 6 * math.sqrt(2 / count)


@pytest.mark.parametrize("cls", found)
@given(data=st.data())
def test_variance_does_not_depend_on_more_than_its_arguments(cls, data):
    initializer = data.draw(instances(cls))
    shape = tuple(data.draw(st.lists(st.integers(1, 5000), min_size=2, max_size=5)))
    variance = initializer.variance(shape)
    assert math.isfinite(variance)
    assert variance >= 0
    assert variance == initializer.variance(shape)
    assert math.isfinite(initializer.mean())


@pytest.mark.parametrize(
    ("initializer", "linear", "convolution"),
    [
        (Zero(), 0, 0),
        (ConstantWeights(), 0, 0),
        (Normal(), 1e-4, 1e-4),
        (UniformFanIn(), 1 / (3 * 50), 1 / (3 * 27)),
        (LecunNormal(), 1 / 50, 1 / 27),
        (LecunUniform(), 1 / 50, 1 / 27),
        (GlorotNormal(), 2 / 250, 2 / 171),
        (GlorotUniform(), 2 / 250, 2 / 171),
        (HeNormal(), 2 / 50, 2 / 27),
        (HeUniform(), 2 / 50, 2 / 27),
        (MisprintedHe(), 4 / 50, 4 / 27),
        (Orthogonal(3.0), 9 / 200, 9 / 27),
        (WithBias(HeNormal()), 2 / 50, 2 / 27),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_variance_is_that_of_the_literature(initializer, linear, convolution):
    assert initializer.variance((200, 50)) == pytest.approx(linear, rel=1e-12)
    assert initializer.variance((16, 3, 3, 3)) == pytest.approx(convolution, rel=1e-12)


@pytest.mark.parametrize("shape", [(40, 30), (8, 4, 3, 3), (6, 5, 7), (2, 3, 2, 3, 4)], ids=str)
@pytest.mark.parametrize(
    ("initializer", "reference"),
    [
        (HeNormal(), lambda w: nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="relu")),
        (LecunNormal(), lambda w: nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="linear")),
        (GlorotNormal(), nn.init.xavier_normal_),
        (GlorotUniform(), nn.init.xavier_uniform_),
        (HeUniform(), lambda w: nn.init.kaiming_uniform_(w, mode="fan_in", nonlinearity="relu")),
        (LecunUniform(), lambda w: nn.init.kaiming_uniform_(w, mode="fan_in", nonlinearity="linear")),
        (UniformFanIn(), lambda w: nn.init.kaiming_uniform_(w, a=math.sqrt(5))),
        (MisprintedHe(), lambda w: nn.init.normal_(w, std=2 / math.sqrt(w[0].numel()))),
        (Orthogonal(1.7), lambda w: nn.init.orthogonal_(w, 1.7)),
        (ConstantWeights(-0.3), lambda w: nn.init.constant_(w, -0.3)),
        (WithBias(GlorotUniform(), 2.0), nn.init.xavier_uniform_),
        (Normal(0.3), lambda w: nn.init.normal_(w, std=0.3)),
        (Zero(), nn.init.zeros_),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_same_seed_gives_the_numbers_of_torch(initializer, reference, shape):
    for seed in (0, 7):
        torch.testing.assert_close(
            filled(initializer.fill, shape, seed, torch.float64),
            filled(reference, shape, seed, torch.float64),
            rtol=1e-14,
            atol=0,
        )


@given(outputs=st.integers(1, 20), inputs=st.integers(1, 20), kernel=st.lists(st.integers(1, 5), max_size=3))
def test_fans_equal_torch(outputs, inputs, kernel):
    weight = torch.empty(outputs, inputs, *kernel)
    assert fans(weight.shape) == nn.init._calculate_fan_in_and_fan_out(weight)


def test_a_convolution_counts_its_receptive_field():
    assert fans(nn.Conv2d(3, 16, (5, 2)).weight.shape) == (3 * 10, 16 * 10)
    assert fans(nn.Linear(7, 4).weight.shape) == (7, 4)


@pytest.mark.parametrize("cls", found)
def test_initialize_fills_weights_and_biases_and_nothing_else(cls):
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.Sequential(nn.GroupNorm(2, 4), nn.Conv1d(2, 3, 2)),
        nn.Linear(8, 5),
        nn.Linear(5, 2, False),
    )
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(99)
    initialize(module, cls())
    bias = 0.1 if cls is WithBias else 0.0
    assert (module[1][0].weight == 99).all()
    assert (module[1][0].bias == 99).all()
    for layer in (module[0], module[1][1], module[2]):
        assert (layer.bias == torch.tensor(bias)).all()
    for layer in (module[0], module[1][1], module[2], module[3]):
        assert (layer.weight != 99).all()
        assert layer.weight.requires_grad


@pytest.mark.parametrize("std", [0, -1.0, math.nan, math.inf, "0.1", True])
def test_a_standard_deviation_that_is_none_is_refused(std):
    with pytest.raises(InvalidInput, match="std"):
        Normal(std)


@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (25, 25), (6, 4, 3, 3), (40, 2, 3, 3)], ids=str)
def test_every_singular_value_of_orthogonal_weights_is_the_gain(shape):
    weight = filled(Orthogonal(1.5).fill, shape, dtype=torch.float64)
    values = torch.linalg.svdvals(weight.flatten(1))
    torch.testing.assert_close(values, torch.full_like(values, 1.5), rtol=1e-12, atol=0)


def test_uniform_fan_in_is_what_torch_fills_its_layers_with():
    for make in (lambda: nn.Linear(30, 7), lambda: nn.Conv2d(3, 5, (3, 2))):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            weight = make().weight.detach()
        torch.testing.assert_close(filled(UniformFanIn().fill, weight.shape, seed=3), weight, rtol=1e-6, atol=0)


@pytest.mark.parametrize("initializer", [HeNormal(), HeUniform(), MisprintedHe()], ids=lambda i: type(i).__name__)
def test_the_misprint_lets_the_signal_grow_by_the_root_of_two_at_every_relu_layer(initializer):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.randn(64, 1024)
        scales = []
        for _ in range(6):
            weight = torch.empty(1024, 1024)
            initializer.fill(weight)
            x = (x.relu() if scales else x) @ weight.mT
            scales.append(float(x.std()))
    growth = (scales[-1] / scales[0]) ** (1 / 5)
    assert growth == pytest.approx(math.sqrt(2) if initializer == MisprintedHe() else 1, rel=0.05)


@pytest.mark.parametrize("initializer", [Zero(), ConstantWeights(0.3), WithBias(ConstantWeights(), 0.1)], ids=str)
def test_no_gradient_breaks_the_symmetry_of_weights_that_are_alike(initializer):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(40, 6, generator=generator, dtype=torch.float64)
    targets = torch.randint(3, (40,), generator=generator)
    module = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    initialize(module, initializer)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(inputs), targets).backward()
        optimizer.step()
    assert torch.linalg.matrix_rank(module[0].weight.detach(), rtol=1e-10) <= 1
    assert (module[2].bias.grad != 0).any()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ConstantWeights(0), r"constant initializer's value is 0: use Zero"),
        (lambda: ConstantWeights(math.nan), r"constant initializer's value is nan: give a finite number"),
        (lambda: Orthogonal(0.0), r"orthogonal initializer's gain is 0\.0: give a finite number above 0"),
        (lambda: WithBias(0.1), r"WithBias's weights are 0\.1: give an initializer, such as HeNormal\(\)\."),
        (lambda: WithBias(bias=math.inf), r"WithBias's bias is inf: give a finite number"),
    ],
)
def test_settings_that_make_no_initializer_are_refused(make, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make()
