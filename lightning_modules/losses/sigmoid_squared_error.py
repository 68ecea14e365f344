"""Squared error of a sigmoid: what cross-entropy replaced."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.losses.binary import BinaryLoss, sigmoid

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SigmoidSquaredError"]


@dataclass(frozen=True)
class SigmoidSquaredError(BinaryLoss):
    """``½ (σ(z) − t)²`` of one output z.

    Its derivative ``(σ − t) σ (1 − σ)`` vanishes where σ saturates, also where
    it is wrong: at z = −8 and t = 1 it is 1/2983 of that of the cross-entropy.
    The probabilities that it predicts are σ(z): a squared error is least in
    the mean at the true probability, as the cross-entropy is.
    """

    def pointwise(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        return (sigmoid(f) - targets).square() / 2

    def derivative(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        sigma = sigmoid(f)
        return (sigma - targets) * sigma * (1 - sigma)

    def predict(self, outputs: "Tensor") -> "Tensor":
        import torch

        return sigmoid(torch.cat([-outputs, outputs], dim=-1))
