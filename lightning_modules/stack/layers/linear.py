"""The stacked form of ``nn.Linear``."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["Linear"]


class Linear(Layer):
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
        x = x.expand(len(weight), -1, -1)
        if self._bias is None:
            return torch.bmm(weight, x)
        return torch.baddbmm(parameters[self._bias].unsqueeze(2), weight, x)

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        torch.bmm(upstream, x.mT, out=gradients[self._weight])
        if self._bias is not None:
            torch.sum(upstream, dim=2, out=gradients[self._bias])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return torch.bmm(parameters[self._weight].mT, upstream)
