"""The loss before the first step, against what the initializer makes it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lightning_modules.initializers.initializer import Initializer
from lightning_modules.losses.loss import Loss
from lightning_modules.modules.pretrained_parameter import PretrainedParameter
from lightning_modules.randomness import stream
from lightning_modules.recipe import Run
from lightning_modules.training.initial_module import initial_module
from lightning_modules.training.stack_data import StackData

__all__ = ["InitialLoss", "expected_loss", "initial_loss", "tolerance_of"]

_examples = 2048
_draws = 64
_deviations = 4.0


@dataclass(frozen=True)
class InitialLoss:
    """What the loss is before the first step, and what it should be; all are means over training examples.

    Arguments:
        observed: of the network as it is initialized.
        guessing: of outputs that are all 0, log C of the cross-entropy of C classes.
        expected: over all draws of the last layer's weights (`expected_loss`); None without a last linear layer.
        tolerance: by how much one draw may differ (`tolerance_of`); None with it.
        scale: standard deviation of the outputs that the initializer gives for these inputs; None with it.
        unit_scale: the same for standard normal inputs; None with it.
    """

    observed: float
    guessing: float
    expected: float | None
    tolerance: float | None
    scale: float | None
    unit_scale: float | None


def initial_loss(run: Run) -> InitialLoss:
    """Return the loss of a run before its first step, beside what is derived for its initializer."""
    data = StackData.of(run.recipe.data, run.recipe.preprocessing, [run.seeds], torch.float32)
    module = initial_module(run, data).eval()
    inputs, targets = (each[0] for each in data.take(data.rows["train"][:, :_examples]))
    loss, initializer = run.recipe.loss, run.recipe.initializer
    outputs, last, hidden = _last_linear(module, inputs)
    observed = float(loss.values(outputs, targets).mean())
    guessing = float(loss.values(torch.zeros_like(outputs), targets).mean())
    if last is None:
        return InitialLoss(observed, guessing, None, None, None, None)
    draw = torch.Generator().manual_seed(stream("probe", 0))
    unit = torch.randn(inputs.shape, generator=draw)
    variance = initializer.variance(tuple(last.weight.shape))
    scales = [
        float((variance * each.square().sum(dim=1).mean()) ** 0.5) for each in (hidden, _last_linear(module, unit)[2])
    ]
    expected = expected_loss(loss, initializer, tuple(last.weight.shape), hidden, targets)
    tolerance = tolerance_of(loss, variance, last, hidden, targets)
    return InitialLoss(observed, guessing, expected, tolerance, *scales)


def expected_loss(
    loss: Loss, initializer: Initializer, shape: tuple[int, ...], hidden: Tensor, targets: Tensor
) -> float:
    """Return the mean loss over all draws of the last layer's weights, given what comes into it.

    Given h, each output is a sum of many weights: normal with the variance
    ``v ‖h‖²``, where v is the initializer's, and independent of the others. Of the
    cross-entropy the mean lies above log C, by ``v ‖h‖² (1 - 1/C) / 2`` where
    outputs are small; of any loss it is taken by drawing 64 outputs an example.

    Arguments:
        loss: per example.
        initializer: of the last layer.
        shape: of its weight, (outputs, inputs).
        hidden: h, (examples, inputs).
        targets: of the same examples.
    """
    draw = torch.Generator().manual_seed(stream("probe", 1))
    spread = initializer.variance(shape) ** 0.5 * hidden.norm(dim=1)
    middle = initializer.mean() * hidden.sum(dim=1) + initializer.bias
    noise = torch.randn(_draws, len(hidden), shape[0], generator=draw)
    outputs = middle[None, :, None] + spread[None, :, None] * noise
    repeated = targets.expand(_draws, *targets.shape)
    return float(loss.values(outputs, repeated).double().mean())


def tolerance_of(loss: Loss, variance: float, last: nn.Linear, hidden: Tensor, targets: Tensor) -> float:
    """Return by how much the loss of one draw of the last layer's weights may differ from the mean over all.

    By Poincaré's inequality the variance of a function of independent normal
    weights of variance v is at most ``v E‖∇L‖²``; four standard deviations are
    allowed, with the gradient at the weights drawn in place of its mean. It
    holds within a tenth for uniform weights, whose constant is 12/π² of it.

    Arguments:
        loss: per example.
        variance: v, of a weight of the last layer.
        last: the last layer.
        hidden: what comes into it, (examples, inputs).
        targets: of the same examples.

    References:
        | A note on an inequality involving the normal distribution (Chernoff, 1981)
        | https://doi.org/10.1214/aop/1176994428
    """
    weight = last.weight.detach().clone().requires_grad_()
    bias = None if last.bias is None else last.bias.detach()
    with torch.enable_grad():
        value = loss.values(nn.functional.linear(hidden, weight, bias), targets).mean()
        (gradient,) = torch.autograd.grad(value, weight)
    rounding = 1e-4 * (1 + abs(float(value.detach())))
    return float(_deviations * variance**0.5 * float(gradient.norm()) + rounding)


@torch.no_grad()
def _last_linear(module: nn.Module, inputs: Tensor) -> tuple[Tensor, nn.Linear | None, Tensor]:
    """Return the outputs, the last linear layer if it makes them and was initialized, and what comes into it."""
    seen: list[tuple[nn.Linear, Tensor, Tensor]] = []

    def note(layer: Any, arguments: Any, output: Tensor) -> None:
        seen.append((layer, arguments[0], output))

    hooks = [each.register_forward_hook(note) for each in module.modules() if isinstance(each, nn.Linear)]
    outputs: Tensor = module(inputs)
    for hook in hooks:
        hook.remove()
    if not seen or seen[-1][2].shape != outputs.shape or not torch.equal(seen[-1][2], outputs):
        return outputs, None, inputs.flatten(1)
    layer, hidden, _ = seen[-1]
    return outputs, None if isinstance(layer.weight, PretrainedParameter) else layer, hidden
