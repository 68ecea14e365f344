"""Every optimizer of ours as a script without stacks has it: `torch.optim`, torch's clipping, and loops by hand."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

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
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.optimizers.swapped_adam import SwappedAdam
from lightning_modules.optimizers.wrapper import Wrapper

__all__ = ["plain_step"]

Parameters = Sequence[torch.nn.Parameter]
Closure = Callable[..., torch.Tensor]
"""Returns the loss; leaves its gradient in the parameters unless it is called with backward=False."""
Step = Callable[[float, Closure], torch.Tensor]
"""Updates the parameters, given the learning rate and the closure; returns the loss before."""


def plain_step(rule: Optimizer, parameters: Parameters) -> Step:
    """Return the step of one run."""
    if isinstance(rule, Wrapper):
        return wrappers[type(rule)](rule, parameters, plain_step(rule.optimizer, parameters))
    if isinstance(rule, Newton | DampedNewton):
        return newton(rule, parameters)
    make, options = in_torch[type(rule)]
    decay = {"weight_decay": rule.weight_decay} if hasattr(rule, "weight_decay") else {}
    optimizer = make(parameters, lr=1.0, **decay, **options(rule))
    # An average of gradients makes steps (1 − γ) times as long as torch's velocity.
    factor = 1 - rule.momentum if isinstance(rule, AveragedMomentum) else 1

    def step(rate: float, closure: Closure) -> torch.Tensor:
        optimizer.param_groups[0]["lr"] = factor * rate
        return optimizer.step(closure)

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
    LBFGS: (
        torch.optim.LBFGS,
        lambda rule: {
            "max_iter": rule.max_iterations,
            "max_eval": rule.max_evaluations,
            "tolerance_grad": rule.gradient_tolerance,
            "tolerance_change": rule.change_tolerance,
            "history_size": rule.history_size,
            "line_search_fn": rule.line_search,
        },
    ),
    SwappedAdam: (torch.optim.Adam, lambda rule: {"betas": (rule.gamma2, rule.gamma1), "eps": rule.epsilon}),
}


def newton(rule: Newton | DampedNewton, parameters: Parameters) -> Step:
    """Newton's step by NumPy's dense solvers, the Hessian row by row as derivatives of the gradient."""

    def step(rate: float, closure: Closure) -> torch.Tensor:
        loss = closure(backward=False)
        gradient = flat(torch.autograd.grad(loss, parameters, create_graph=True))
        rows = [flat(torch.autograd.grad(each, parameters, retain_graph=True)).numpy() for each in gradient]
        hessian, gradient = np.stack(rows), gradient.detach().numpy()
        if not np.isfinite(hessian).all():
            direction = np.full_like(gradient, np.nan)
        elif isinstance(rule, DampedNewton):
            direction = np.linalg.solve(hessian + rule.damping * np.eye(len(hessian)), gradient)
        else:
            cut = len(hessian) * np.finfo(hessian.dtype).eps
            direction = np.linalg.pinv(hessian, rcond=cut, hermitian=True) @ gradient
        pieces = (rate * torch.from_numpy(direction)).split([parameter.numel() for parameter in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.data -= piece.view_as(parameter)
        return loss.detach()

    return step


def flat(values: Parameters) -> torch.Tensor:
    return torch.cat([value.reshape(-1) for value in values])


def clip_norm(rule: Clipped, parameters: Parameters, step: Step) -> Step:
    return edited(step, lambda: torch.nn.utils.clip_grad_norm_(parameters, rule.norm))


def clip_value(rule: ClippedByValue, parameters: Parameters, step: Step) -> Step:
    return edited(step, lambda: torch.nn.utils.clip_grad_value_(parameters, rule.value))


def penalize(rule: L1Subgradient, parameters: Parameters, step: Step) -> Step:
    def add_penalty() -> None:
        for parameter in parameters:
            penalty = rule.strength * parameter.abs().sum()  # torch takes the derivative of |w| at 0 as 0
            parameter.grad += torch.autograd.grad(penalty, parameter)[0]

    return edited(step, add_penalty)


def edited(step: Step, edit: Callable[[], object]) -> Step:
    """The step with gradients that are edited first."""

    def edit_and_step(rate: float, closure: Closure) -> torch.Tensor:
        def edited_closure() -> torch.Tensor:
            loss = closure()
            edit()
            return loss

        return step(rate, edited_closure)

    return edit_and_step


def shrink(rule: L1Proximal, parameters: Parameters, step: Step) -> Step:
    def step_and_shrink(rate: float, closure: Closure) -> torch.Tensor:
        loss = step(rate, closure)
        for parameter in parameters:
            parameter.data = parameter.sign() * (parameter.data.abs() - rate * rule.strength).relu()
        return loss

    return step_and_shrink


wrappers = {Clipped: clip_norm, ClippedByValue: clip_value, L1Subgradient: penalize, L1Proximal: shrink}
