"""Orthogonal weights: every direction keeps its length."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_positive
from lightning_modules.initializers.initializer import Initializer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Orthogonal"]


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """`gain` times a random matrix (outputs, inputs · kernel) whose rows or columns, the fewer, are orthonormal.

    All its singular values are `gain`. The matrix is uniformly distributed
    among these, so an element has the variance ``gain² / max(outputs, inputs ·
    kernel)``; the elements are not independent.

    Arguments:
        gain: every singular value; √2 keeps the scale of signals through square ReLU layers.

    Raises:
        InvalidInput: unless the gain is above 0.

    References:
        | Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (Saxe et al., 2014)
        | https://arxiv.org/abs/1312.6120
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        require_positive("The orthogonal initializer's gain", self.gain)

    def variance(self, shape: tuple[int, ...]) -> float:
        outputs, *inputs = shape
        return self.gain**2 / max(outputs, math.prod(inputs))

    def fill(self, weight: "Tensor") -> None:
        from torch import nn

        nn.init.orthogonal_(weight, self.gain)
