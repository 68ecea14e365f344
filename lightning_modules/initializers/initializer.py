"""What an initializer is, and how it fills a module."""

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Initializer", "fans", "initialize"]


class Initializer(ABC):
    """Fills the weights of linear and convolutional layers; subclasses are frozen dataclasses of its settings.

    A weight has the shape (outputs, inputs, *kernel).
    """

    bias: float = 0.0
    """The value of every bias."""

    @abstractmethod
    def variance(self, shape: tuple[int, ...]) -> float:
        """Return the variance of one element of a weight of this shape."""

    def mean(self) -> float:
        """Return the mean of one element of any weight, 0 but for constant weights."""
        return 0.0

    @abstractmethod
    def fill(self, weight: "Tensor") -> None:
        """Overwrite a weight in place, drawing from torch's current generator."""


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return (fan in, fan out) of a weight of shape (outputs, inputs, *kernel): connections into and out of one unit.

    Both count a layer's own connections, so the fan in of a linear layer is
    the size of the layer before it, not its own size, which is the fan out.
    """
    outputs, inputs, *kernel = shape
    return inputs * math.prod(kernel), outputs * math.prod(kernel)


def initialize(module: "nn.Module", initializer: Initializer) -> None:
    """Fill every linear and convolutional weight of a module and set its biases; leave the rest as built.

    Parameters that were trained before belong to the rest.
    """
    import torch
    from torch import nn

    from lightning_modules.modules.pretrained_parameter import PretrainedParameter

    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
                if not isinstance(layer.weight, PretrainedParameter):
                    initializer.fill(layer.weight)
                if layer.bias is not None and not isinstance(layer.bias, PretrainedParameter):
                    layer.bias.fill_(initializer.bias)
