"""Optimizers: every one treats the rows of its stack apart and keeps to its definition."""

from dataclasses import fields, is_dataclass
from operator import attrgetter

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightning_modules.component import float_fields, shape_of
from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.adadelta import Adadelta
from lightning_modules.optimizers.adagrad import Adagrad
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.adamw import AdamW
from lightning_modules.optimizers.amsgrad import AMSGrad
from lightning_modules.optimizers.averaged_momentum import AveragedMomentum
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.clipped_by_value import ClippedByValue
from lightning_modules.optimizers.damped_newton import DampedNewton
from lightning_modules.optimizers.l1_proximal import L1Proximal
from lightning_modules.optimizers.l1_subgradient import L1Subgradient
from lightning_modules.optimizers.lbfgs import LBFGS
from lightning_modules.optimizers.newton import Newton
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.rmsprop import RMSProp
from lightning_modules.optimizers.second_order import SecondOrder
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.optimizers.swapped_adam import SwappedAdam
from tests.conftest import components, instances
from tests.optimizer_steps import Slope, Waves, draw_problem, take_steps, update_all

found = components("lightning_modules.optimizers", Optimizer)
filtering = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


def test_sgd_by_hand():
    """Two steps on one weight: v₁ = 1 + λ w, w₁ = w − α v₁; v₂ = γ v₁ + 2 + λ w₁, w₂ = w₁ − α v₂."""
    weights = torch.tensor([[2.0]], dtype=torch.float64)
    gradients = [torch.tensor([[1.0]], dtype=torch.float64), torch.tensor([[2.0]], dtype=torch.float64)]
    result = take_steps([SGD(0.1, momentum=0.5, weight_decay=0.25)], weights, gradients, [1.0, 1.0])
    first = 1 + 0.25 * 2
    after = 2 - 0.1 * first
    second = 0.5 * first + 2 + 0.25 * after
    assert result.item() == pytest.approx(after - 0.1 * second, abs=1e-15)


def test_coupled_decay_is_the_gradient_of_a_penalty():
    """``½ λ ‖w‖²`` beside a mean loss; as ``λ' ‖w‖²`` with λ' = λ/2, and beside a sum over N examples with N λ / 2."""
    examples, decay = 5, 0.3
    weights, losses, _ = draw_problem(0, runs=1, steps=examples)
    mean = torch.stack(losses).mean(dim=0)
    result = take_steps([SGD(0.1, weight_decay=decay)], weights, [mean], [1.0])
    penalized = weights.clone().requires_grad_()
    (sum((loss * penalized).sum() for loss in losses) + examples * decay / 2 * penalized.square().sum()).backward()
    torch.testing.assert_close(result, weights - 0.1 * penalized.grad / examples, rtol=1e-13, atol=1e-13)


def test_averaged_momentum_is_the_sum_of_its_definition():
    """``m_k = (1 − γ) Σ γᵏ⁻¹⁻ⁱ gᵢ`` over i = 0 … k − 1, and ``w = w₀ − α Σ m_k``."""
    weights, gradients, _ = draw_problem(0, runs=1, steps=6)
    rate, momentum = 0.3, 0.8
    result = take_steps([AveragedMomentum(rate, momentum)], weights, gradients, [1.0] * 6)
    means = [
        (1 - momentum) * sum(momentum ** (k - 1 - i) * gradient for i, gradient in enumerate(gradients[:k]))
        for k in range(1, 7)
    ]
    torch.testing.assert_close(result, weights - rate * sum(means), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("cls", [Adam, AdamW, AMSGrad, SwappedAdam])
def test_the_first_step_of_adam_is_the_rate(cls):
    """At k = 1 the corrected averages are g and g²: the step is ``α g / (|g| + ε)``, whatever the betas."""
    weights, gradients, _ = draw_problem(0, runs=1, steps=1)
    result = take_steps([cls(0.1, 0.7, 0.95, epsilon=0.5, weight_decay=0.0)], weights, gradients, [1.0])
    (gradient,) = gradients
    torch.testing.assert_close(result, weights - 0.1 * gradient / (gradient.abs() + 0.5), rtol=1e-13, atol=1e-13)


def test_the_misprinted_adam_has_the_betas_of_adam_swapped():
    problem = draw_problem(1, runs=1)
    swapped, adam = take_steps([SwappedAdam(0.1)], *problem), take_steps([Adam(0.1)], *problem)
    torch.testing.assert_close(swapped, take_steps([Adam(0.1, beta1=0.999, beta2=0.9)], *problem), rtol=0, atol=0)
    assert (swapped - adam).abs().max() > 0.1


def test_adam_goes_astray_where_amsgrad_does_not():
    """The losses are ``C w``, ``−w``, ``−w`` in turn: their mean falls towards −1, the better end of [−1, 1]."""
    weights = torch.zeros(1, 1, dtype=torch.float64)
    large = 4.0
    gradients = [torch.full_like(weights, value) for value in [large, -1.0, -1.0] * 300]
    numbers = {"beta1": 0.0, "beta2": 1 / (1 + large**2)}
    assert take_steps([Adam(1e-3, **numbers)], weights, gradients, [1.0] * 900).item() > 0.1
    assert take_steps([AMSGrad(1e-3, **numbers)], weights, gradients, [1.0] * 900).item() < -0.1


def test_a_centered_average_of_a_steady_gradient_stays_a_number():
    gradient = torch.full((1, 4), 0.1)
    weights = take_steps([RMSProp(1e-9, 0.5, centered=True)], torch.ones(1, 4), [gradient] * 200, [1.0] * 200)
    assert weights.isfinite().all()


@st.composite
def of_one_shape(draw, first):
    """Draw an optimizer that may be trained in one stack with another: the same but for its numbers."""
    fixed = {}
    for field in fields(first):
        value = getattr(first, field.name)
        if is_dataclass(value):
            fixed[field.name] = draw(of_one_shape(value))
        elif field.name not in float_fields(first):
            fixed[field.name] = value
    return draw(instances(type(first), **fixed))


@pytest.mark.parametrize("cls", found)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["single", "double"])
@filtering
@given(data=st.data(), seed=st.integers(0, 99))
def test_each_row_is_a_run_of_its_own(cls, dtype, data, seed):
    # The Hessian of thousands of parameters takes minutes.
    parameters = data.draw(st.sampled_from([1, 13, 64] if issubclass(cls, SecondOrder) else [1, 13, 64, 4099]))
    objective = Waves if issubclass(cls, SecondOrder) else Slope
    first = data.draw(instances(cls))
    optimizers = [*data.draw(st.lists(of_one_shape(first), max_size=3)), first]
    assert len({shape_of(each) for each in optimizers}) == 1
    steps = 3 if issubclass(cls, SecondOrder) else 6
    weights, gradients, multipliers = draw_problem(seed, len(optimizers), parameters, steps=steps, dtype=dtype)
    stack = [objective(gradient) for gradient in gradients]
    single = [objective(gradient[-1:]) for gradient in gradients]
    together, losses, state = update_all(optimizers, weights, stack, multipliers)
    alone, own_losses, own_state = update_all([first], weights[-1:], single, multipliers)
    exactly = {"rtol": 0, "atol": 0, "equal_nan": True}
    torch.testing.assert_close(together[-1:], alone, **exactly)
    torch.testing.assert_close(losses[:, -1:], own_losses, **exactly)
    torch.testing.assert_close({name: value[-1:] for name, value in state.items()}, own_state, **exactly)
    assert all(value.shape[0] == len(optimizers) for value in first.state(weights).values())


@pytest.mark.parametrize("cls", found)
@filtering
@given(data=st.data())
def test_every_number_of_a_run_is_a_float_field(cls, data):
    optimizer = data.draw(instances(cls))
    (name,) = [name for name in float_fields(optimizer) if name.rpartition(".")[2] == "learning_rate"]
    assert attrgetter(name)(optimizer) == optimizer.learning_rate


def test_numbers_of_a_wrapped_optimizer_are_numbers_of_a_run_too():
    wrapped = Clipped(L1Proximal(SGD(0.5, momentum=0.9), strength=0), norm=1)
    assert float_fields(wrapped) == [
        "optimizer.optimizer.learning_rate",
        "optimizer.optimizer.momentum",
        "optimizer.optimizer.weight_decay",
        "optimizer.strength",
        "norm",
    ]
    assert wrapped.learning_rate == 0.5
    assert shape_of(wrapped) == shape_of(Clipped(L1Proximal(SGD(1), strength=0.3), norm=2.5))
    others = [
        Clipped(L1Proximal(SGD(0.5, 0.9, nesterov=True), 0), 1),
        Clipped(L1Subgradient(SGD(0.5, 0.9), 0), 1),
        Clipped(L1Proximal(Adam(0.5), 0), 1),
        L1Proximal(Clipped(SGD(0.5, 0.9), 1), 0),
        Clipped(SGD(0.5, 0.9), 1),
    ]
    assert len({shape_of(each) for each in [wrapped, *others]}) == 6


def test_whole_numbers_are_numbers_of_a_run_too():
    assert float_fields(SGD(1, momentum=0)) == ["learning_rate", "momentum", "weight_decay"]
    assert shape_of(SGD(1)) == shape_of(SGD(0.5, momentum=0.9))
    assert shape_of(SGD(0.5, 0.9)) != shape_of(SGD(0.5, 0.9, nesterov=True))


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: SGD(-0.1), "SGD's learning_rate is -0.1"),
        (lambda: SGD(0), "learning_rate is 0"),
        (lambda: SGD(float("nan")), "learning_rate is nan"),
        (lambda: SGD(float("inf")), "learning_rate is inf"),
        (lambda: SGD("0.1"), "learning_rate is '0.1'"),
        (lambda: SGD(True), "learning_rate is True"),
        (lambda: SGD(0.1, momentum=1.0), "momentum is 1.0"),
        (lambda: SGD(0.1, momentum=-0.5), "momentum is -0.5"),
        (lambda: SGD(0.1, weight_decay=-1e-3), "weight_decay is -0.001"),
        (lambda: SGD(0.1, nesterov=True), "nesterov is on with momentum 0"),
        (lambda: AveragedMomentum(0.1, momentum=1), "Averaged momentum's momentum is 1"),
        (lambda: Adagrad(0.1, initial_accumulator=-1), "Adagrad's initial_accumulator is -1"),
        (lambda: Adadelta(decay=1), "Adadelta's decay is 1"),
        (lambda: RMSProp(0.1, epsilon=0), "RMSProp's epsilon is 0"),
        (lambda: Adam(0.1, beta1=1.0), "Adam's beta1 is 1.0"),
        (lambda: AdamW(0.1, beta2=-0.1), "AdamW's beta2 is -0.1"),
        (lambda: AMSGrad(0.1, epsilon=-1), "AMSGrad's epsilon is -1"),
        (lambda: SwappedAdam(0.1, gamma2=1.5), "Swapped Adam's gamma2 is 1.5"),
        (lambda: Clipped(SGD(0.1), norm=0), "Clipped's norm is 0: give a finite number above 0"),
        (lambda: Clipped(0.1, norm=1), "Clipped's optimizer is 0.1: give the optimizer to be wrapped"),
        (lambda: ClippedByValue(SGD, value=1), "ClippedByValue's optimizer is <class"),
        (lambda: ClippedByValue(SGD(0.1), value=None), "ClippedByValue's value is None"),
        (lambda: L1Subgradient(SGD(0.1), -1), "L1Subgradient's strength is -1"),
        (lambda: L1Proximal(SGD(0.1), float("inf")), "L1Proximal's strength is inf"),
        (lambda: LBFGS(0), "LBFGS's learning_rate is 0"),
        (lambda: LBFGS(max_iterations=0), "LBFGS's max_iterations is 0"),
        (lambda: LBFGS(max_evaluations=0), "LBFGS's max_evaluations is 0"),
        (lambda: LBFGS(history_size=0.5), "LBFGS's history_size is 0.5"),
        (lambda: LBFGS(gradient_tolerance=-1), "LBFGS's gradient_tolerance is -1"),
        (lambda: LBFGS(change_tolerance=-1), "LBFGS's change_tolerance is -1"),
        (lambda: LBFGS(line_search="armijo"), "LBFGS's line_search is 'armijo': give 'strong_wolfe' or None"),
        (lambda: Newton(0), "Newton's learning_rate is 0"),
        (lambda: DampedNewton(damping=0), "Damped Newton's damping is 0"),
        (lambda: Clipped(LBFGS(), 1), "Clipped's optimizer is LBFGS, whose steps rely on the unedited loss"),
        (lambda: ClippedByValue(Newton(), 1), "ClippedByValue's optimizer is Newton, .* or use Newton alone"),
        (lambda: L1Subgradient(DampedNewton(), 1), "L1Subgradient's optimizer is DampedNewton"),
        (lambda: L1Proximal(LBFGS(), 1), "L1Proximal's optimizer is LBFGS"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make, culprit):
    with pytest.raises(InvalidInput, match=culprit):
        make()
