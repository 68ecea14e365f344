"""Glorot's normal initialization: a compromise between the forward and the backward pass."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer, fans

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GlorotNormal"]


@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """Normal with variance 2 / (fan in + fan out).

    References:
        | Understanding the difficulty of training deep feedforward neural networks (Glorot and Bengio, 2010)
        | https://proceedings.mlr.press/v9/glorot10a.html
    """

    def variance(self, shape: tuple[int, ...]) -> float:
        return 2 / sum(fans(shape))

    def fill(self, weight: "Tensor") -> None:
        weight.normal_(0, self.variance(weight.shape) ** 0.5)
