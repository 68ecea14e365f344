"""The multi-layer perceptron: fully connected layers with an activation between them."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.relu import ReLU
from lightning_modules.checks import require_fraction, require_integers
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
        residual: links each hidden layer to the one behind it, ``h ← h + φ(W h + b)``, where both are equally wide.
        dropout: probability that training sets a hidden unit to 0; the others are divided by one minus it.
        drop_connect: the same for each weight of every layer, the last one included.

    Raises:
        InvalidInput: for a width below 1, widths that are not a tuple, or a probability outside [0, 1).

    References:
        | Deep residual learning for image recognition (He et al., 2016), https://arxiv.org/abs/1512.03385
        | Dropout: a simple way to prevent neural networks from overfitting (Srivastava et al., 2014)
        | Regularization of neural networks using DropConnect (Wan et al., 2013)
    """

    widths: tuple[int, ...] = (128, 128)
    activation: Activation = field(default_factory=ReLU)
    residual: bool = False
    dropout: float = 0.0
    drop_connect: float = 0.0

    def __post_init__(self) -> None:
        require_integers("The MLP's widths", self.widths, at_least=1)
        require_fraction("The MLP's dropout", self.dropout)
        require_fraction("The MLP's drop_connect", self.drop_connect)

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        from lightning_modules.modules.residual import Residual

        layers: list[nn.Module] = [nn.Flatten()]
        inputs = math.prod(shape)
        for index, width in enumerate(self.widths):
            hidden = [self._linear(inputs, width), self.activation.build()]
            if self.dropout > 0:
                hidden.append(nn.Dropout(self.dropout))
            linked = self.residual and index > 0 and inputs == width
            layers += [Residual(nn.Sequential(*hidden))] if linked else hidden
            inputs = width
        return nn.Sequential(*layers, self._linear(inputs, outputs))

    @property
    def graph(self) -> Model:
        return replace(self, dropout=float(self.dropout > 0) / 2, drop_connect=float(self.drop_connect > 0) / 2)

    def _linear(self, inputs: int, outputs: int) -> "nn.Module":
        from torch import nn

        from lightning_modules.modules.drop_connect import DropConnectLinear

        if self.drop_connect > 0:
            return DropConnectLinear(inputs, outputs, self.drop_connect)
        return nn.Linear(inputs, outputs)
