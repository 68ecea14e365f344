"""Uniform weights within one over the root of the fan in: torch's own default."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer, fans

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["UniformFanIn"]


@dataclass(frozen=True)
class UniformFanIn(Initializer):
    """Uniform on ±1 / √fan in, variance 1 / (3 fan in).

    A third of the variance that keeps the scale of signals through linear
    layers. With the fan in it is what torch fills the weights of ``Linear`` and
    of convolutions with (their biases it draws as well; here they are the
    initializer's `bias`). It is sometimes printed with the layer's own size,
    which is the fan out.

    References:
        | Efficient backprop (LeCun et al., 1998)
        | https://doi.org/10.1007/3-540-49430-8_2
    """

    def variance(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = fans(shape)
        return 1 / (3 * fan_in)

    def fill(self, weight: "Tensor") -> None:
        bound = (3 * self.variance(weight.shape)) ** 0.5
        weight.uniform_(-bound, bound)
