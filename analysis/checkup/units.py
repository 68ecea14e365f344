"""Hidden units of a trained network that no example moves."""

from typing import Any

import torch
from torch import Tensor, nn

from analysis.run_surface import training_surface
from analysis.signal.network import flat
from lightning_modules.training.result import RunResult

__all__ = ["dead_and_saturated"]

_kinds = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.Tanh, nn.Sigmoid)


def dead_and_saturated(result: RunResult) -> tuple[float, float]:
    """Return the share of hidden units that are flat on all training examples, and that of flat activations.

    Flat is where an activation's slope is below a twentieth of its largest. A
    unit that is flat on every example has next to no gradient from any: it is
    dead. ReLUs are flat on half of the examples by design, so only the first
    number says something of them; both are 0 for a network without known
    activations, or a run that diverged.

    Arguments:
        result: of a run, whose last weights are looked at.
    """
    if not result.snapshots:
        return 0.0, 0.0
    surface = training_surface(result.run.recipe, result.run.seeds, result.snapshots[-1].weights)
    dead, units, low, all_of = 0, 0, 0.0, 0
    for layer, before in _inputs_of_activations(surface.module, surface.inputs):
        is_flat = _is_flat(layer, before)
        everywhere = is_flat.all(dim=0)
        dead, units = dead + int(everywhere.sum()), units + everywhere.numel()
        if not isinstance(layer, nn.ReLU):
            low, all_of = low + float(is_flat.sum()), all_of + is_flat.numel()
    return dead / max(units, 1), low / max(all_of, 1)


@torch.no_grad()
def _inputs_of_activations(module: nn.Module, inputs: Tensor) -> list[tuple[nn.Module, Tensor]]:
    seen: list[tuple[nn.Module, Tensor]] = []

    def note(layer: Any, arguments: Any, _: Tensor) -> None:
        seen.append((layer, arguments[0].clone()))

    hooks = [each.register_forward_hook(note) for each in module.modules() if isinstance(each, _kinds)]
    module(inputs)
    for hook in hooks:
        hook.remove()
    return seen


def _is_flat(layer: nn.Module, before: Tensor) -> Tensor:
    """Return where an activation is flat, (examples, units); maps of a convolution are units, their places examples."""
    if before.ndim > 2:
        before = before.movedim(1, -1).flatten(0, -2)
    with torch.enable_grad():
        x = before.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(layer(x).sum(), x)
        probe = torch.linspace(-8, 8, 1601, requires_grad=True)
        (steepest,) = torch.autograd.grad(layer(probe).sum(), probe)
    return slope.abs() < flat * steepest.max()
