"""The smallest deep network: two weights."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.identity import Identity
from lightning_modules.activations.relu import ReLU
from lightning_modules.errors import InvalidInput
from lightning_modules.models.model import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ScalarNetwork"]


@dataclass(frozen=True)
class ScalarNetwork(Model):
    """``f(w₂ a(w₁ x))`` for scalars, without biases: its whole loss surface is a picture, with nothing projected.

    For the identity in both places, the squared error ``(f − t)²`` of one
    example has a saddle at the origin, whose Hessian has the eigenvalues ±2xt.
    For a ReLU the half-plane ``w₁x < 0`` is flat.

    Arguments:
        activation: a, of the hidden unit.
        output_activation: f.

    Raises:
        InvalidInput: on building for more than one input or output.
    """

    activation: Activation = field(default_factory=ReLU)
    output_activation: Activation = field(default_factory=Identity)

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        if (math.prod(shape), outputs) != (1, 1):
            raise InvalidInput(
                f"The scalar network has one input and one output, and the data ask for {math.prod(shape)}"
                f" and {outputs}: use a function of one variable, such as Sine()."
            )
        hidden = [nn.Linear(1, 1, bias=False), self.activation.build()]
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(1, 1, bias=False), self.output_activation.build())
