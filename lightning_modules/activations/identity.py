"""No activation function: layers without one between them are one linear layer."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Identity"]


@dataclass(frozen=True)
class Identity(Activation):
    """``x``: a network of any depth computes a linear function, though its loss is not quadratic in its weights."""

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.Identity()
