"""LeCun's uniform initialization: keeps the scale of signals through linear layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer, fans

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LecunUniform"]


@dataclass(frozen=True)
class LecunUniform(Initializer):
    """Uniform on ±√(3 / fan in), variance 1 / fan in.

    References:
        | Efficient backprop (LeCun et al., 1998)
        | https://doi.org/10.1007/3-540-49430-8_2
    """

    def variance(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = fans(shape)
        return 1 / fan_in

    def fill(self, weight: "Tensor") -> None:
        bound = (3 * self.variance(weight.shape)) ** 0.5
        weight.uniform_(-bound, bound)
