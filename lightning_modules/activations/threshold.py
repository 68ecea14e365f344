"""The threshold of a neuron that fires or does not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Threshold"]


@dataclass(frozen=True)
class Threshold(Activation):
    """Heaviside's step: 1 where x > 0, else 0, at 0 itself 0.

    Its derivative is 0, so that gradients train only what lies behind the last
    threshold: the layers before it are wired by hand, or stay as initialised.

    References:
        | A logical calculus of the ideas immanent in nervous activity (McCulloch and Pitts, 1943)
        | https://doi.org/10.1007/BF02478259
    """

    def build(self) -> "nn.Module":
        from lightning_modules.modules.heaviside import Heaviside

        return Heaviside()
