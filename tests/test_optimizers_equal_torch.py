"""Every optimizer, run by run, is torch's own: a stack of seven with numbers of their own in every run."""

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_modules.component import shape_of
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
from tests.conftest import components
from tests.optimizer_steps import Slope, Waves, draw_problem, update_all
from tests.plain_optimizers import plain_step


def take_plain_steps(optimizer, weights, closures, multipliers):
    """The same for one run as a script has it, its parameters in two pieces; return its weights and loss each step."""
    parameters = [torch.nn.Parameter(piece.clone()) for piece in weights.split(8)]
    step = plain_step(optimizer, parameters)
    path, losses = [], []
    for closure, multiplier in zip(closures, multipliers, strict=True):
        losses.append(step(optimizer.learning_rate * multiplier, partial(closure, parameters)))
        path.append(torch.cat([parameter.detach() for parameter in parameters]))
    return torch.stack(path), torch.stack(losses)


def slope(gradient, parameters):
    """What `Slope` is to a script."""
    for parameter, piece in zip(parameters, gradient.split(8), strict=True):
        parameter.grad = piece.clone()
    return torch.zeros((), dtype=gradient.dtype)


def waves(tilt, parameters, *, backward=True):
    """What `Waves` is to a script."""
    loss = Waves.loss(torch.cat(list(parameters)), tilt)
    if backward:
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
    return loss.detach() if backward else loss


rates = st.floats(1e-4, 1)
momenta = st.floats(0.01, 0.99)
decays = st.just(0.0) | st.floats(0, 0.5)
epsilons = st.floats(-10, -1).map(lambda power: 10**power)


def some(cls, **numbers):
    """Optimizers of a class that differ in their rate, their decay and these numbers."""
    return st.builds(cls, learning_rate=rates, weight_decay=decays, **numbers)


maybe = st.just(0.0) | momenta
# A short average of squares makes steps so steep in the gradient that weight decay feeds rounding back as chaos.
squares = st.floats(0.9, 0.9999)
betas = {"beta1": maybe, "beta2": squares, "epsilon": epsilons}
counts = [(iterations, most, history) for iterations in (1, 3) for most in (None, 1, 2) for history in (1, 2, 100)]


def lbfgs(line_search):
    """Lists of seven share what a stack shares."""
    return [
        st.builds(
            LBFGS,
            st.floats(0.05, 0.3),
            st.just(iterations),
            st.just(most),
            st.floats(1e-7, 1e-3),
            st.floats(1e-9, 1e-4),
            st.just(history),
            st.just(line_search),
        )
        for iterations, most, history in counts
    ]


cases = {
    "SGD": some(SGD, momentum=maybe),
    "SGD, Nesterov": some(SGD, momentum=momenta, nesterov=st.just(True)),
    "AveragedMomentum": some(AveragedMomentum, momentum=maybe),
    "Adagrad": some(Adagrad, initial_accumulator=decays, epsilon=epsilons),
    "Adadelta": some(Adadelta, decay=squares, epsilon=epsilons),
    "RMSProp": some(RMSProp, decay=squares, momentum=maybe, epsilon=epsilons),
    "RMSProp, centered": some(RMSProp, decay=squares, momentum=maybe, epsilon=epsilons, centered=st.just(True)),
    "Adam": some(Adam, **betas),
    "AdamW": some(AdamW, **betas),
    "AMSGrad": some(AMSGrad, **betas),
    "SwappedAdam": some(SwappedAdam, gamma1=squares, gamma2=maybe | st.just(0.999), epsilon=epsilons),
}
cases |= {
    # The length of a random gradient is about √13.
    "Clipped": st.builds(Clipped, cases["SGD"], st.floats(0.1, 10)),
    "ClippedByValue": st.builds(ClippedByValue, cases["AdamW"], st.floats(0.1, 3)),
    "L1Subgradient": st.builds(L1Subgradient, cases["SGD"], decays),
    "L1Proximal": st.builds(L1Proximal, cases["RMSProp"], decays),
}
cases["three around Adam"] = st.builds(
    L1Proximal,
    st.builds(Clipped, st.builds(L1Subgradient, cases["Adam"], decays), st.floats(0.1, 10)),
    decays,
)
second_order_cases = {
    "LBFGS": lbfgs(None),
    "LBFGS, strong Wolfe": lbfgs("strong_wolfe"),
    "Newton": [st.builds(Newton, rates)],
    "DampedNewton": [st.builds(DampedNewton, rates, st.floats(0.1, 2))],
}


def test_every_optimizer_is_compared():
    found = {cls.__name__ for cls in components("lightning_modules.optimizers", Optimizer)}
    assert {name.partition(",")[0] for name in [*cases, *second_order_cases]} >= found


@pytest.mark.parametrize("case", cases)
@settings(max_examples=15)
@given(data=st.data(), seed=st.integers(0, 99))
def test_every_row_equals_torch(case, data, seed):
    optimizers = data.draw(st.lists(cases[case], min_size=7, max_size=7))
    weights, gradients, multipliers = draw_problem(seed, len(optimizers))
    result, losses, _ = update_all(optimizers, weights, [Slope(gradient) for gradient in gradients], multipliers)
    for row, optimizer in enumerate(optimizers):
        closures = [partial(slope, gradient[row]) for gradient in gradients]
        path, expected_losses = take_plain_steps(optimizer, weights[row], closures, multipliers)
        torch.testing.assert_close(result[row], path[-1], rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(losses[:, row], expected_losses, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", second_order_cases)
@settings(max_examples=3)
@given(data=st.data(), seed=st.integers(0, 99))
def test_every_row_of_second_order_equals_a_script(case, data, seed):
    """On one objective, as a full batch is, for as many of 50 steps as rounding does not decide where the script is."""
    of_one_shape = data.draw(st.sampled_from(second_order_cases[case]))
    optimizers = data.draw(st.lists(of_one_shape, min_size=3, max_size=3))
    assert isinstance(optimizers[0], SecondOrder)
    assert len({shape_of(each) for each in optimizers}) == 1
    weights, (tilt, *_), multipliers = draw_problem(seed, len(optimizers))
    scripts = [
        steady_steps(optimizer, weights[row], [partial(waves, tilt[row])] * len(multipliers), multipliers)
        for row, optimizer in enumerate(optimizers)
    ]
    assert max(len(losses) for _, losses in scripts) == len(multipliers)
    # Ended after every one of these numbers of steps, because only the last weights are seen.
    for count in {1, 5, *(len(losses) for _, losses in scripts)}:
        result, losses, _ = update_all(optimizers, weights, [Waves(tilt)] * count, multipliers[:count])
        for row, (path, expected_losses) in enumerate(scripts):
            if count <= len(path):
                torch.testing.assert_close(result[row], path[count - 1], rtol=1e-9, atol=1e-9)
                torch.testing.assert_close(losses[:, row], expected_losses[:count], rtol=1e-9, atol=1e-9)


def steady_steps(optimizer, weights, closures, multipliers):
    """What `take_plain_steps` returns, up to where a start changed in its last bits changes a weight by 1e-12.

    A line search, and L-BFGS where the gradient is all rounding, decides by comparing nearly equal numbers.
    """
    path, losses = take_plain_steps(optimizer, weights, closures, multipliers)
    drifted = torch.zeros(len(path), dtype=torch.bool)
    for bits in (-1, 3):
        neighbour, _ = take_plain_steps(optimizer, weights * (1 + bits * 2.0**-52), closures, multipliers)
        drifted |= ((neighbour - path).abs() > 1e-12).any(dim=1)
    count = int(drifted.long().argmax()) if drifted.any() else len(path)
    return path[:count], losses[:count]
