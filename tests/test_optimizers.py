"""Optimizers: every one treats the rows of its stack apart; SGD is torch's SGD."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lightning_modules.component import float_fields, shape_of
from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.sgd import SGD
from tests.conftest import components, instances

found = components("lightning_modules.optimizers", Optimizer)


def take_steps(optimizers, weights, gradients, multipliers):
    """Take one step for every gradient (runs, parameters) with optimizers of one shape, one a run."""
    weights = weights.clone()
    state = optimizers[0].state(weights)
    numbers = {
        name: torch.tensor([[getattr(each, name)] for each in optimizers], dtype=weights.dtype)
        for name in float_fields(optimizers[0])
    }
    for gradient, multiplier in zip(gradients, multipliers, strict=True):
        rate = numbers["learning_rate"] * multiplier
        optimizers[0].step(weights, gradient.clone(), state, rate, numbers)
    return weights


def draw_problem(seed, runs, parameters=13, steps=50):
    generator = torch.Generator().manual_seed(seed)
    options = {"generator": generator, "dtype": torch.float64}
    return (
        torch.randn(runs, parameters, **options),
        [torch.randn(runs, parameters, **options) for _ in range(steps)],
        torch.rand(steps, **options).tolist(),
    )


def torch_sgd(sgd, weights, gradients, multipliers):
    parameter = torch.nn.Parameter(weights.clone())
    optimizer = torch.optim.SGD(
        [parameter], lr=1.0, momentum=sgd.momentum, nesterov=sgd.nesterov, weight_decay=sgd.weight_decay
    )
    for gradient, multiplier in zip(gradients, multipliers, strict=True):
        optimizer.param_groups[0]["lr"] = sgd.learning_rate * multiplier
        parameter.grad = gradient.clone()
        optimizer.step()
    return parameter.detach()


rates, momenta, decays = st.floats(1e-4, 1), st.floats(0.01, 0.99), st.floats(0, 0.5)


@given(
    st.lists(st.tuples(rates, st.just(0.0) | momenta, st.just(0.0) | decays), min_size=1, max_size=5),
    st.integers(0, 99),
)
def test_sgd_equals_torch(settings, seed):
    optimizers = [SGD(rate, momentum, weight_decay=decay) for rate, momentum, decay in settings]
    weights, gradients, multipliers = draw_problem(seed, len(optimizers))
    result = take_steps(optimizers, weights, gradients, multipliers)
    for row, sgd in enumerate(optimizers):
        expected = torch_sgd(sgd, weights[row], [gradient[row] for gradient in gradients], multipliers)
        torch.testing.assert_close(result[row], expected, rtol=1e-9, atol=1e-9)


@given(st.lists(st.tuples(rates, momenta, st.just(0.0) | decays), min_size=1, max_size=5), st.integers(0, 99))
def test_sgd_with_nesterov_equals_torch(settings, seed):
    optimizers = [SGD(rate, momentum, nesterov=True, weight_decay=decay) for rate, momentum, decay in settings]
    weights, gradients, multipliers = draw_problem(seed, len(optimizers))
    result = take_steps(optimizers, weights, gradients, multipliers)
    for row, sgd in enumerate(optimizers):
        expected = torch_sgd(sgd, weights[row], [gradient[row] for gradient in gradients], multipliers)
        torch.testing.assert_close(result[row], expected, rtol=1e-9, atol=1e-9)


def test_sgd_by_hand():
    """Two steps on one weight: v₁ = 1 + λ w, w₁ = w − α v₁; v₂ = γ v₁ + 2 + λ w₁, w₂ = w₁ − α v₂."""
    weights = torch.tensor([[2.0]], dtype=torch.float64)
    gradients = [torch.tensor([[1.0]], dtype=torch.float64), torch.tensor([[2.0]], dtype=torch.float64)]
    result = take_steps([SGD(0.1, momentum=0.5, weight_decay=0.25)], weights, gradients, [1.0, 1.0])
    first = 1 + 0.25 * 2
    after = 2 - 0.1 * first
    second = 0.5 * first + 2 + 0.25 * after
    assert result.item() == pytest.approx(after - 0.1 * second, abs=1e-15)


@pytest.mark.parametrize("cls", found)
@given(data=st.data(), seed=st.integers(0, 99))
def test_each_row_is_a_run_of_its_own(cls, data, seed):
    first = data.draw(instances(cls))
    others = [other for other in data.draw(st.lists(instances(cls), max_size=3)) if shape_of(other) == shape_of(first)]
    optimizers = [*others, first]
    weights, gradients, multipliers = draw_problem(seed, len(optimizers), steps=6)
    together = take_steps(optimizers, weights, gradients, multipliers)
    alone = take_steps([first], weights[-1:], [gradient[-1:] for gradient in gradients], multipliers)
    torch.testing.assert_close(together[-1:], alone, rtol=0, atol=0)
    assert all(value.shape[0] == len(optimizers) for value in first.state(weights).values())


@pytest.mark.parametrize("cls", found)
@given(data=st.data())
def test_every_number_of_a_run_is_a_float_field(cls, data):
    optimizer = data.draw(instances(cls))
    assert "learning_rate" in float_fields(optimizer)


def test_whole_numbers_are_numbers_of_a_run_too():
    assert float_fields(SGD(1, momentum=0)) == ["learning_rate", "momentum", "weight_decay"]
    assert shape_of(SGD(1)) == shape_of(SGD(0.5, momentum=0.9))
    assert shape_of(SGD(0.5, 0.9)) != shape_of(SGD(0.5, 0.9, nesterov=True))


@pytest.mark.parametrize(
    ("settings", "culprit"),
    [
        ({"learning_rate": -0.1}, "learning_rate is -0.1"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1'"),
        ({"learning_rate": True}, "learning_rate is True"),
        ({"learning_rate": 0.1, "momentum": 1.0}, "momentum is 1.0"),
        ({"learning_rate": 0.1, "momentum": -0.5}, "momentum is -0.5"),
        ({"learning_rate": 0.1, "weight_decay": -1e-3}, "weight_decay is -0.001"),
        ({"learning_rate": 0.1, "nesterov": True}, "nesterov is on with momentum 0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(settings, culprit):
    with pytest.raises(InvalidInput, match=culprit):
        SGD(**settings)
