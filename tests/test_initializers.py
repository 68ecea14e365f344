"""Every initializer has the variance it states; those that torch has give torch's numbers for the same seed."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.glorot_normal import GlorotNormal
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.initializer import Initializer, fans, initialize
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.initializers.normal import Normal
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


@pytest.mark.parametrize("cls", found)
@pytest.mark.parametrize("shape", [(700, 500), (300, 900), (64, 48, 9, 9)], ids=str)
def test_moments_are_what_the_initializer_states(cls, shape):
    initializer = cls()
    weight = filled(initializer.fill, shape, dtype=torch.float64)
    receptive = math.prod(shape[2:])
    stated = initializer.variance(shape[1] * receptive, shape[0] * receptive)
    if stated == 0:
        assert (weight == 0).all()
        return
    count = weight.numel()
    # Six standard errors; a normal variable has the larger of the two fourth moments.
    assert abs(weight.mean()) < 6 * math.sqrt(stated / count)
    assert abs(weight.var() / stated - 1) < 6 * math.sqrt(2 / count)


@pytest.mark.parametrize("cls", found)
@given(data=st.data())
def test_variance_does_not_depend_on_more_than_its_arguments(cls, data):
    initializer = data.draw(instances(cls))
    fan_in, fan_out = data.draw(st.integers(1, 5000)), data.draw(st.integers(1, 5000))
    variance = initializer.variance(fan_in, fan_out)
    assert math.isfinite(variance)
    assert variance >= 0
    assert variance == initializer.variance(fan_in, fan_out)


@pytest.mark.parametrize("shape", [(40, 30), (8, 4, 3, 3), (6, 5, 7), (2, 3, 2, 3, 4)], ids=str)
@pytest.mark.parametrize(
    ("initializer", "reference"),
    [
        (HeNormal(), lambda w: nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="relu")),
        (LecunNormal(), lambda w: nn.init.kaiming_normal_(w, mode="fan_in", nonlinearity="linear")),
        (GlorotNormal(), nn.init.xavier_normal_),
        (GlorotUniform(), nn.init.xavier_uniform_),
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
    assert fans(weight) == nn.init._calculate_fan_in_and_fan_out(weight)


def test_a_convolution_counts_its_receptive_field():
    assert fans(nn.Conv2d(3, 16, (5, 2)).weight) == (3 * 10, 16 * 10)
    assert fans(nn.Linear(7, 4).weight) == (7, 4)


@pytest.mark.parametrize("cls", found)
def test_initialize_fills_weights_and_clears_biases_and_nothing_else(cls):
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
    assert (module[1][0].weight == 99).all()
    assert (module[1][0].bias == 99).all()
    for layer in (module[0], module[1][1], module[2]):
        assert (layer.bias == 0).all()
    for layer in (module[0], module[1][1], module[2], module[3]):
        assert (layer.weight != 99).all()
        assert layer.weight.requires_grad


@pytest.mark.parametrize("std", [0, -1.0, math.nan, math.inf, "0.1", True])
def test_a_standard_deviation_that_is_none_is_refused(std):
    with pytest.raises(InvalidInput, match="std"):
        Normal(std)
