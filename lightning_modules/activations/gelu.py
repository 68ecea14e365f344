"""The Gaussian error linear unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation

if TYPE_CHECKING:
    from torch import nn

__all__ = ["GELU"]


@dataclass(frozen=True)
class GELU(Activation):
    """``x Φ(x)`` with the distribution function Φ of the standard normal, by the error function: smooth, not monotonic.

    References:
        | Gaussian error linear units (Hendrycks and Gimpel, 2016)
        | https://arxiv.org/abs/1606.08415
    """

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.GELU()
