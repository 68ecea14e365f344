"""The stacked form of ``nn.Linear``."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.products import affine, product, product_into
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
        batch = x.shape[2]
        # A single column would be multiplied by another routine, whose rounding depends on the size of the stack.
        x = x.expand(len(weight), -1, max(batch, 2))
        y = affine(weight, x, None if self._bias is None else parameters[self._bias])
        return y if batch > 1 else y[:, :, :1].contiguous()

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        product_into(gradients[self._weight], upstream, x.mT)
        if self._bias is not None:
            torch.sum(upstream, dim=2, out=gradients[self._bias])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return product(parameters[self._weight].mT, upstream)
