"""Losses of real targets: factors, minima, and that sums and means of the objective agree."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.data.sine import Sine
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.initializer import initialize
from lightning_modules.losses.gaussian_nll import GaussianNLL
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.losses.homoscedastic_gaussian_nll import HomoscedasticGaussianNLL
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.mlp import MLP
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.randomness import stream
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData

numbers = st.lists(st.floats(-9, 9), min_size=2, max_size=8)


def column(values):
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_the_factor_of_the_squared_error_is_a_half():
    outputs, targets = torch.tensor([[[3.0], [5.0]]]), torch.tensor([[[1.0, 1.0]]])
    losses, gradient = SquaredError().mean_and_gradient(outputs, targets)
    assert losses.item() == (2**2 + 4**2) / 2
    assert gradient.flatten().tolist() == [2, 4]
    leaf = outputs.clone().requires_grad_()
    torch.nn.functional.mse_loss(leaf.mT, targets, reduction="sum").backward()
    assert (leaf.grad / gradient).unique().item() == 2


@given(numbers, st.floats(0.1, 5))
def test_a_fixed_noise_has_the_minimum_of_the_squared_error_which_is_the_mean(values, sigma):
    y = column(values)
    at_mean = y.mean(dim=0).expand(1, 1, len(y)).clone()
    assert SquaredError().mean_and_gradient(at_mean, y[None])[1].sum().item() == pytest.approx(0, abs=1e-12)
    assert GaussianNLL(sigma).mean_and_gradient(at_mean, y[None])[1].sum().item() == pytest.approx(0, abs=1e-9)
    outputs = at_mean + 0.7
    _, scaled = GaussianNLL(sigma).mean_and_gradient(outputs, y[None])
    torch.testing.assert_close(SquaredError().mean_and_gradient(outputs, y[None])[1], sigma**2 * scaled)
    found = GaussianNLL(sigma).values(outputs[0].mT, y)
    expected = -torch.distributions.Normal(outputs[0].mT, sigma).log_prob(y)[:, 0]
    torch.testing.assert_close(found, expected)


@given(numbers)
def test_likelihood_chooses_the_mean_and_the_variance_of_the_sample(values):
    y = column(values)
    if y.std(correction=0) < 0.1:
        return
    outputs = torch.tensor([[y.mean()], [y.var(correction=0).log()]]).expand(1, 2, len(y)).clone()
    _, gradient = HeteroscedasticGaussianNLL().mean_and_gradient(outputs, y[None])
    torch.testing.assert_close(gradient.sum(dim=2), torch.zeros(1, 2, dtype=torch.float64), atol=1e-10, rtol=0)
    found = HeteroscedasticGaussianNLL().values(outputs[0].mT, y).mean().item()
    assert found == pytest.approx((1 + math.log(2 * math.pi * y.var(correction=0).item())) / 2)


def test_a_noisy_example_weighs_less_in_the_mean():
    outputs = torch.tensor([[[1.0, 1.0], [0.0, math.log(100.0)]]])
    _, gradient = HeteroscedasticGaussianNLL().mean_and_gradient(outputs, torch.zeros(1, 2, 1))
    assert (gradient[0, 0, 0] / gradient[0, 0, 1]).item() == pytest.approx(100, rel=1e-5)


def sine(loss, noise, learning_rate=0.05, epochs=60, **settings):
    return Recipe(
        data=Sine(examples=400, noise=noise),
        model=MLP((16,)),
        optimizer=SGD(learning_rate, momentum=0.9, **settings),
        schedule=Cosine(),
        loss=loss,
        batch_size=32,
        epochs=epochs,
    )


def test_the_learned_noise_is_the_training_error():
    runs = [Run(sine(HomoscedasticGaussianNLL(), 0.3), Seeds.all(seed)) for seed in (0, 1)]
    for result in fit(runs):
        last, targets = result.snapshots[-1], result.targets["test"]
        sigma = math.exp(last.weights["1.log_variance"].item() / 2)
        recipe = result.run.recipe
        data = StackData.of(recipe.data, recipe.preprocessing, [result.run.seeds], torch.float32)
        inputs, wanted = (each[0] for each in data.take(data.rows["train"]))
        model = torch.nn.Sequential(recipe.model.build((1,), 1))
        model.load_state_dict({n: torch.from_numpy(w) for n, w in last.weights.items() if n != "1.log_variance"})
        with torch.no_grad():
            error = (model(inputs) - wanted).square().mean().sqrt().item()
        assert sigma == pytest.approx(error, rel=0.05)
        assert error < 0.6
        means, variances = last.predictions["test"][:, :1], last.predictions["test"][:, 1:]
        np.testing.assert_allclose(variances, sigma**2, rtol=1e-5)
        nll = -torch.distributions.Normal(torch.from_numpy(means), sigma).log_prob(torch.from_numpy(targets)).mean()
        assert last.test_loss == pytest.approx(nll.item(), rel=1e-5)


def test_a_sum_with_a_penalty_is_the_mean_with_an_nth_of_it():
    """Σ loss + ½ λ ‖w‖² over N examples, by steps of α, is mean loss + ½ (λ / N) ‖w‖², by steps of N α."""
    penalty, rate = 3.0, 1e-3
    probe = sine(SquaredError(), 0.1)
    seeds = Seeds(0, 0, 0)
    data = StackData.of(probe.data, probe.preprocessing, [seeds], torch.float64)
    count = data.train_size
    recipe = Recipe(
        data=probe.data,
        model=MLP((4,)),
        optimizer=SGD(count * rate, weight_decay=penalty / count),
        loss=SquaredError(),
        batch_size=count,
        epochs=25,
    )
    (result,) = fit([Run(recipe, seeds)], precision="64-true")

    inputs, targets = (each[0] for each in data.take(data.rows["train"]))
    torch.manual_seed(stream("init", seeds.init))
    model = recipe.model.build((1,), 1)
    initialize(model, recipe.initializer)
    model.double()
    start = torch.cat([each.detach().flatten().clone() for each in model.parameters()])
    for _ in range(recipe.epochs):
        weights = list(model.parameters())
        total = (model(inputs) - targets).square().sum() / 2 + penalty / 2 * sum(w.square().sum() for w in weights)
        gradients = torch.autograd.grad(total, weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight -= rate * gradient
    for name, weight in model.named_parameters():
        np.testing.assert_allclose(result.snapshots[-1].weights[name], weight.detach().numpy(), rtol=1e-9, atol=1e-12)
    assert (torch.cat([each.detach().flatten() for each in model.parameters()]) - start).norm() > 0.5


def test_a_noise_that_is_not_above_zero_is_refused():
    with pytest.raises(InvalidInput, match=r"The Gaussian's sigma is 0: give a finite number above 0\."):
        GaussianNLL(sigma=0)
