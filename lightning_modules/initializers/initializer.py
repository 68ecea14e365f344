"""What an initializer is, and how it fills a module."""

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Initializer", "fans", "initialize"]


class Initializer(ABC):
    """Fills the weights of linear and convolutional layers; subclasses are frozen dataclasses of its settings."""

    @abstractmethod
    def variance(self, fan_in: int, fan_out: int) -> float:
        """Return the variance of one weight of a layer with these fans."""

    @abstractmethod
    def fill(self, weight: "Tensor") -> None:
        """Overwrite a weight (outputs, inputs, *kernel) in place, drawing from torch's current generator."""


def fans(weight: "Tensor") -> tuple[int, int]:
    """Return (fan in, fan out) of a weight (outputs, inputs, *kernel): connections into and out of one unit."""
    receptive = math.prod(weight.shape[2:])
    return weight.shape[1] * receptive, weight.shape[0] * receptive


def initialize(module: "nn.Module", initializer: Initializer) -> None:
    """Fill every linear and convolutional weight of a module and set its biases to zero; leave the rest as built."""
    import torch
    from torch import nn

    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
                initializer.fill(layer.weight)
                if layer.bias is not None:
                    layer.bias.zero_()
