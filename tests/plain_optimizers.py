"""Every optimizer of ours as a script without stacks has it: `torch.optim`, torch's clipping, and loops by hand."""

from collections.abc import Callable, Sequence

import torch

from lightning_modules.optimizers.adadelta import Adadelta
from lightning_modules.optimizers.adagrad import Adagrad
from lightning_modules.optimizers.adam import Adam
from lightning_modules.optimizers.adamw import AdamW
from lightning_modules.optimizers.amsgrad import AMSGrad
from lightning_modules.optimizers.averaged_momentum import AveragedMomentum
from lightning_modules.optimizers.clipped import Clipped
from lightning_modules.optimizers.clipped_by_value import ClippedByValue
from lightning_modules.optimizers.l1_proximal import L1Proximal
from lightning_modules.optimizers.l1_subgradient import L1Subgradient
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.rmsprop import RMSProp
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.optimizers.swapped_adam import SwappedAdam
from lightning_modules.optimizers.wrapper import Wrapper

__all__ = ["plain_step"]

Parameters = Sequence[torch.nn.Parameter]
Step = Callable[[float], None]
"""Updates the parameters by the gradients that `backward` left in them, given the learning rate."""


def plain_step(rule: Optimizer, parameters: Parameters) -> Step:
    """Return the step of one run."""
    if isinstance(rule, Wrapper):
        return wrappers[type(rule)](rule, parameters, plain_step(rule.optimizer, parameters))
    make, options = in_torch[type(rule)]
    optimizer = make(parameters, lr=1.0, weight_decay=rule.weight_decay, **options(rule))
    # An average of gradients makes steps (1 − γ) times as long as torch's velocity.
    factor = 1 - rule.momentum if isinstance(rule, AveragedMomentum) else 1

    def step(rate: float) -> None:
        optimizer.param_groups[0]["lr"] = factor * rate
        optimizer.step()

    return step


def betas(rule: Optimizer) -> dict:
    return {"betas": (rule.beta1, rule.beta2), "eps": rule.epsilon}


in_torch = {
    SGD: (torch.optim.SGD, lambda rule: {"momentum": rule.momentum, "nesterov": rule.nesterov}),
    AveragedMomentum: (torch.optim.SGD, lambda rule: {"momentum": rule.momentum}),
    Adagrad: (
        torch.optim.Adagrad,
        lambda rule: {"initial_accumulator_value": rule.initial_accumulator, "eps": rule.epsilon},
    ),
    Adadelta: (torch.optim.Adadelta, lambda rule: {"rho": rule.decay, "eps": rule.epsilon}),
    RMSProp: (
        torch.optim.RMSprop,
        lambda rule: {
            "alpha": rule.decay,
            "eps": rule.epsilon,
            "momentum": rule.momentum,
            "centered": rule.centered,
        },
    ),
    Adam: (torch.optim.Adam, betas),
    AdamW: (torch.optim.AdamW, betas),
    AMSGrad: (torch.optim.Adam, lambda rule: {**betas(rule), "amsgrad": True}),
    SwappedAdam: (torch.optim.Adam, lambda rule: {"betas": (rule.gamma2, rule.gamma1), "eps": rule.epsilon}),
}


def clip_norm(rule: Clipped, parameters: Parameters, step: Step) -> Step:
    def clip_and_step(rate: float) -> None:
        torch.nn.utils.clip_grad_norm_(parameters, rule.norm)
        step(rate)

    return clip_and_step


def clip_value(rule: ClippedByValue, parameters: Parameters, step: Step) -> Step:
    def clip_and_step(rate: float) -> None:
        torch.nn.utils.clip_grad_value_(parameters, rule.value)
        step(rate)

    return clip_and_step


def penalize(rule: L1Subgradient, parameters: Parameters, step: Step) -> Step:
    def penalize_and_step(rate: float) -> None:
        for parameter in parameters:
            penalty = rule.strength * parameter.abs().sum()  # torch takes the derivative of |w| at 0 as 0
            parameter.grad += torch.autograd.grad(penalty, parameter)[0]
        step(rate)

    return penalize_and_step


def shrink(rule: L1Proximal, parameters: Parameters, step: Step) -> Step:
    def step_and_shrink(rate: float) -> None:
        step(rate)
        for parameter in parameters:
            parameter.data = parameter.sign() * (parameter.data.abs() - rate * rule.strength).relu()

    return step_and_shrink


wrappers = {Clipped: clip_norm, ClippedByValue: clip_value, L1Subgradient: penalize, L1Proximal: shrink}
