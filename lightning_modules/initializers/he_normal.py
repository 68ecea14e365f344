"""He's normal initialization: keeps the scale of signals through ReLU layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer, fans

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["HeNormal"]


@dataclass(frozen=True)
class HeNormal(Initializer):
    """Normal with variance 2 / fan in (the standard deviation is √(2 / fan in), not 2 / √fan in).

    References:
        | Delving deep into rectifiers (He et al., 2015)
        | https://arxiv.org/abs/1502.01852
    """

    def variance(self, shape: tuple[int, ...]) -> float:
        fan_in, _ = fans(shape)
        return 2 / fan_in

    def fill(self, weight: "Tensor") -> None:
        weight.normal_(0, self.variance(weight.shape) ** 0.5)
