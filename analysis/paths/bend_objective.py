"""What a bend of a curve is trained on: the loss at a point of the curve, as a function of the bend."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor

from analysis.surface import Surface
from lightning_modules.stack.carried import carried
from lightning_modules.stack.stacked import Parameters, stacked

__all__ = ["BendObjective"]


class BendObjective:
    """The mean loss of many curves, each at a point of its own, and its gradient in their bends.

    A batch normalization takes the statistics of the batch, as in training;
    nothing is dropped.

    Arguments:
        surface: whose module and loss are taken.
        firsts: where each curve begins, (curves, parameters).
        seconds: where each ends, (curves, parameters).
    """

    def __init__(self, surface: Surface, firsts: Tensor, seconds: Tensor) -> None:
        self._firsts, self._seconds, self._layout = firsts, seconds, surface.layout
        module = copy.deepcopy(surface.module)
        self._model = stacked(module, surface.loss, tuple(surface.inputs.shape[1:]))
        # A copy for each curve, because a pass in training writes to them; they are not used.
        kept: Mapping[str, Tensor] = carried([module], surface.dtype)
        self._kept = {
            name: value.expand(len(firsts), *value.shape[1:]).contiguous().clone() for name, value in kept.items()
        }
        self._point, self._gradient = torch.empty_like(firsts), torch.empty_like(firsts)
        self._parameters: Parameters = {**self._layout.views(self._point), **self._kept}
        self._gradients = self._layout.views(self._gradient)

    @torch.no_grad()
    def value_and_gradient(
        self, bends: Tensor, shares: Tensor, inputs: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return each curve's mean loss, (curves,), and its gradient in the bend, (curves, parameters).

        The gradient is overwritten by the next call. By the chain rule it is
        the gradient in the point times the bend's share of it.

        Arguments:
            bends: (curves, parameters).
            shares: of first, bend and second in each curve's point, (curves, 3).
            inputs: (curves, batch, *shape).
            targets: (curves, batch, …).
        """
        first, bend, second = shares.to(bends.dtype)[:, :, None].unbind(dim=1)
        torch.mul(self._firsts, first, out=self._point).addcmul_(bends, bend).addcmul_(self._seconds, second)
        losses = self._model.gradient(self._parameters, self._gradients, inputs, targets)
        return losses, self._gradient.mul_(bend)
