"""LeCun's normal initialization: keeps the scale of signals through linear layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer, fans

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LecunNormal"]


@dataclass(frozen=True)
class LecunNormal(Initializer):
    """Normal with variance 1 / fan in, often printed under the name of Xavier.

    References:
        | Efficient backprop (LeCun et al., 1998)
        | https://doi.org/10.1007/3-540-49430-8_2
    """

    def variance(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = fans(shape)
        return 1 / fan_in

    def fill(self, weight: "Tensor") -> None:
        weight.normal_(0, self.variance(weight.shape) ** 0.5)
