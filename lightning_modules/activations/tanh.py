"""The hyperbolic tangent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Tanh"]


@dataclass(frozen=True)
class Tanh(Activation):
    """``tanh(x)``: zero-centred, saturates at ±1; smooth, as the search for critical points needs."""

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.Tanh()
