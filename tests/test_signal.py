"""Signals and gradients before training, against closed forms and autograd, and ranks of weights."""

import math

import numpy as np
import pytest
import torch

from analysis.figures.score_map import shortened
from analysis.signal.network import bins, drawn_weights, flat, profile_of, unit_signals
from analysis.signal.rank import numerical_rank
from analysis.signal.survey import Case, activations, estimates, initializers, survey
from lightning_modules.activations.identity import Identity
from lightning_modules.activations.relu import ReLU
from lightning_modules.activations.sigmoid import Sigmoid
from lightning_modules.activations.tanh import Tanh
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.initializers.misprinted_he import MisprintedHe
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.uniform_fan_in import UniformFanIn
from sweeps.groups import comparable

width, depth, examples = 512, 4, 64


def profile(initializer, activation):
    return profile_of(drawn_weights(initializer, width, depth, 0), activation, *unit_signals(width, examples, 0))


@pytest.mark.parametrize(
    ("initializer", "activation", "factor"),
    [
        (LecunNormal(), Identity(), 1.0),
        (UniformFanIn(), Identity(), 1 / math.sqrt(3)),
        (Normal(0.1), Identity(), 0.1 * math.sqrt(width)),
        (HeNormal(), ReLU(), 1.0),
        (LecunNormal(), ReLU(), 1 / math.sqrt(2)),
        (MisprintedHe(), ReLU(), math.sqrt(2)),
    ],
    ids=["lecun", "uniform", "normal", "he relu", "lecun relu", "misprinted he relu"],
)
def test_a_layer_multiplies_signals_and_gradients_by_what_is_derived(initializer, activation, factor):
    # std σ_w √(E φ'²) of piecewise linear layers; √(5 / 512) is what one layer of ReLUs strays by.
    found = profile(initializer, activation)
    assert found.std[1:] / found.std[:-1] == pytest.approx([factor] * (depth - 1), rel=0.15)
    assert found.gradient_h[:-1] / found.gradient_h[1:] == pytest.approx([factor] * (depth - 1), rel=0.15)


def test_the_share_of_saturated_tanh_units_is_that_of_a_normal_beyond_the_slope():
    # With std · √width = 2 the first layer sees normal numbers of std 2, and 1 - tanh² = flat beyond `edge`.
    found, edge = profile(Normal(2 / math.sqrt(width)), Tanh()), math.atanh(math.sqrt(1 - flat))
    assert found.saturated[0] == pytest.approx(math.erfc(edge / 2 / math.sqrt(2)), abs=0.01)
    assert found.density.shape == (depth, bins)
    assert found.density.sum(axis=1) * 2 / bins == pytest.approx(np.ones(depth))


@pytest.mark.parametrize("activation", [Tanh(), ReLU(), Sigmoid()], ids=["tanh", "relu", "sigmoid"])
def test_gradients_are_those_of_autograd(activation):
    weights = [weight.double().requires_grad_() for weight in drawn_weights(HeNormal(), 12, 3, 1)]
    inputs, upstream = (each.double() for each in unit_signals(12, 5, 1))
    found = profile_of([weight.detach() for weight in weights], activation, inputs, upstream)
    signals = [inputs]
    for weight in weights:
        signals.append(activation.build()(signals[-1] @ weight.T))
    loss = (signals[-1] * upstream).sum(dim=1)
    of_h = torch.autograd.grad(loss.sum(), signals[1:], retain_graph=True)
    of_w = torch.autograd.grad(loss.mean(), weights)
    for name, gradients in (("gradient_h", of_h), ("gradient_w", of_w)):
        assert getattr(found, name) == pytest.approx([float(each.square().mean().sqrt()) for each in gradients])


def test_initializers_of_one_seed_draw_the_same_numbers_and_fixed_deviations_keep_their_meaning():
    first, second = (drawn_weights(Normal(std), 8, 2, 3) for std in (1.0, 0.5))
    assert all(torch.allclose(own, 2 * other) for own, other in zip(first, second, strict=True))
    for each in (64, 1024):
        assert initializers(each)["normal 0.05"].std * math.sqrt(each) == pytest.approx(0.05 * 64)


def test_estimates_are_logarithms_over_seeds_and_differences_of_widths():
    found = survey((32, 16), 3, range(3), 8)
    assert len(found) == 2 * 8 * len(activations)
    named = {each.name: each for each in estimates(found)}
    wide, narrow = (found[Case("ReLU", "he normal", each)] for each in (32, 16))
    ratios = [[math.log10(own.std[2] / own.std[0]) for own in each] for each in (wide, narrow)]
    assert named["signal_std_ratio[ReLU, he normal]"].values == pytest.approx(ratios[0])
    assert named["signal_width_effect[ReLU, he normal]"].values == pytest.approx(np.subtract(ratios[1], ratios[0]))
    back = [math.log10(own.gradient_w[0] / own.gradient_w[2]) for own in wide]
    assert named["gradient_w_ratio[ReLU, he normal]"].values == pytest.approx(back)


@pytest.mark.parametrize("rank", [0, 1, 3, 6])
def test_rank_is_counted_above_rounding(rank):
    draw = np.random.default_rng(rank)
    exact = draw.normal(size=(6, rank)) @ draw.normal(size=(rank, 9))
    assert numerical_rank(exact.astype(np.float32)) == rank
    assert numerical_rank(exact) == rank


def test_only_pairs_that_differ_in_one_thing_are_compared():
    def names(*parts):
        return f"initializer, model.widths={', '.join(parts)}"

    assert comparable(names("zero", "64"), names("he normal", "64"))
    assert comparable(names("zero", "64"), names("zero", "64×64"))
    assert not comparable(names("zero", "64"), names("he normal", "64×64"))
    assert comparable("schedule=cosine", "schedule=step")


def test_equal_widths_are_counted_in_short_names():
    assert shortened("tanh, 64×64×64") == "tanh, 3 × 64"
    assert shortened("ReLU, 64") == "ReLU, 64"
    assert shortened("64×32") == "64×32"
