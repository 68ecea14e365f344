"""The multi-layer perceptron: fully connected layers with an activation between them."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.relu import ReLU
from lightning_modules.checks import require_integers
from lightning_modules.models.model import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["MLP"]


@dataclass(frozen=True)
class MLP(Model):
    """Hidden layers ``h ← φ(W h + b)``, then a linear layer to the logits.

    Arguments:
        widths: units of each hidden layer; an empty tuple is a linear classifier.
        activation: φ, the same after every hidden layer.

    Raises:
        InvalidInput: for a width below 1, or widths that are not a tuple.
    """

    widths: tuple[int, ...] = (128, 128)
    activation: Activation = field(default_factory=ReLU)

    def __post_init__(self) -> None:
        require_integers("The MLP's widths", self.widths, at_least=1)

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        layers: list[nn.Module] = [nn.Flatten()]
        inputs = math.prod(shape)
        for width in self.widths:
            layers += [nn.Linear(inputs, width), self.activation.build()]
            inputs = width
        return nn.Sequential(*layers, nn.Linear(inputs, outputs))
