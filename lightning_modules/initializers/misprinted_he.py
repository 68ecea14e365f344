"""He's initialization as it is sometimes misprinted, for contrast."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer, fans

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MisprintedHe"]


@dataclass(frozen=True)
class MisprintedHe(Initializer):
    """Normal with the standard deviation 2 / √fan in, variance 4 / fan in, where `HeNormal` has √(2 / fan in).

    Twice the variance that ReLU layers need: the standard deviation of the
    signals grows by √2 a layer instead of staying as it is.

    References:
        | Delving deep into rectifiers (He et al., 2015), for the form that is right
        | https://arxiv.org/abs/1502.01852
    """

    def variance(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = fans(shape)
        return 4 / fan_in

    def fill(self, weight: "Tensor") -> None:
        weight.normal_(0, self.variance(weight.shape) ** 0.5)
