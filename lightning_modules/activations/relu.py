"""The rectified linear unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ReLU"]


@dataclass(frozen=True)
class ReLU(Activation):
    """``max(0, x)``; its derivative at 0 is taken as 0, as torch does."""

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.ReLU()
