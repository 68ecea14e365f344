"""The stacked form of ``nn.AdaptiveAvgPool2d(1)``."""

import math

from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["GlobalAvgPool2d"]


class GlobalAvgPool2d(Layer):
    """The average of each whole image: (runs, channels, height, width, batch) → (runs, channels, 1, 1, batch)."""

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        averages: Tensor = x.flatten(2, 3).mean(dim=2).unflatten(1, (-1, 1, 1))
        return averages

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return (upstream / math.prod(x.shape[2:4])).expand_as(x).contiguous()
