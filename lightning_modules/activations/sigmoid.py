"""The logistic sigmoid."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Sigmoid"]


@dataclass(frozen=True)
class Sigmoid(Activation):
    """``1 / (1 + e⁻ˣ)``, derivative ``σ (1 − σ)``, at most 1/4: saturates at 0 and 1, and is not zero-centred."""

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.Sigmoid()
