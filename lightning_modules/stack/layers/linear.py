"""The stacked form of ``nn.Linear``."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.at_point import AtPoint, TwiceDifferentiable
from lightning_modules.stack.layers.products import affine, product, product_into
from lightning_modules.stack.stacked import Parameters

__all__ = ["Linear"]


class Linear(TwiceDifferentiable):
    """``y = W x + b`` for W (runs, outputs, inputs) and x (runs, inputs, batch).

    Arguments:
        weight: name of W.
        bias: name of b, or None.
    """

    def __init__(self, weight: str, bias: str | None) -> None:
        self._weight, self._bias = weight, bias
        self.parameters = (weight,) if bias is None else (weight, bias)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        weight = parameters[self._weight]
        runs, batch = weight.shape[0], x.shape[2]
        if x.shape[0] != runs or batch == 1:
            # A single column would be multiplied by another routine, whose rounding depends on the size of the stack.
            x = x.expand(runs, -1, max(batch, 2))
        y = affine(weight, x, None if self._bias is None else parameters[self._bias])
        return y if batch > 1 else y[:, :, :1].contiguous()

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        product_into(gradients[self._weight], upstream, x.mT)
        if self._bias is not None:
            torch.sum(upstream, dim=2, out=gradients[self._bias])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return product(parameters[self._weight].mT, upstream)

    def at_point(self, parameters: Parameters, x: Tensor) -> tuple[AtPoint, Tensor]:
        own = _LinearAtPoint(self._weight, self._bias, parameters[self._weight], x)
        return own, self.forward(parameters, x)


class _LinearAtPoint(AtPoint):
    def __init__(self, weight: str, bias: str | None, values: Tensor, x: Tensor) -> None:
        self._weight, self._bias, self._values, self._x = weight, bias, values, x

    def receive(self, upstream: Tensor) -> None:
        self._upstream = upstream

    def pull(self, upstream: Tensor) -> Tensor:
        return torch.bmm(self._values.mT, upstream)

    def push(self, directions: Parameters, x: Tensor | None) -> Tensor:
        weight = directions[self._weight]
        bias = None if self._bias is None else directions[self._bias]
        kept = _each(self._x, weight)
        pushed = torch.bmm(weight, kept) if bias is None else torch.baddbmm(bias.unsqueeze(2), weight, kept)
        return pushed if x is None else pushed.baddbmm_(_each(self._values, x), x)

    def pull_along(self, directions: Parameters, x: Tensor, upstream: Tensor) -> Tensor:
        torch.bmm(_each(self._values, upstream).mT, upstream, out=x)
        return x.baddbmm_(directions[self._weight].mT, _each(self._upstream, upstream))

    def products(self, found: Parameters, x: Tensor | None, upstream: Tensor) -> None:
        of_weight = found[self._weight]
        product_into(of_weight, upstream, _each(self._x, upstream).mT)
        if x is not None:
            of_weight += torch.bmm(_each(self._upstream, upstream), x.mT)
        if self._bias is not None:
            torch.sum(upstream, dim=2, out=found[self._bias])


def _each(kept: Tensor, like: Tensor) -> Tensor:
    """Return what is kept of one run, or of each, for as many directions as there are."""
    return kept.expand(len(like), -1, -1)
