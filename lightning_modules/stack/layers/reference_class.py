"""The stacked form of the fixed logit of the first class."""

from torch import Tensor
from torch.nn.functional import pad

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["ReferenceClass"]


class ReferenceClass(Layer):
    """A row of zeros before the others: (runs, classes − 1, batch) → (runs, classes, batch)."""

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return pad(x, (0, 0, 1, 0))

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return upstream[:, 1:].contiguous()
