"""The stacked form of ``nn.Flatten``."""

from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["Flatten"]


class Flatten(Layer):
    """(runs, *shape, batch) → (runs, features, batch), features in torch's order."""

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return x.flatten(1, -2)

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return upstream.reshape(x.shape)
