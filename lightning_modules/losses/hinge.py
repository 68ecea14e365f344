"""The hinge loss of support vector machines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lightning_modules.losses.binary import BinaryLoss, decisions, signs
from lightning_modules.losses.loss import Prediction

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Hinge"]


@dataclass(frozen=True)
class Hinge(BinaryLoss):
    """``max(0, 1 − y f)`` of one output f, with y = −1 for class 0 and y = 1 for class 1; at the kink its slope is 0.

    It is no likelihood: f has no calibrated probability, so the predictions are decisions.

    References:
        | Support-vector networks (Cortes and Vapnik, 1995)
        | https://doi.org/10.1007/BF00994018
    """

    prediction: ClassVar[Prediction] = "decisions"

    def pointwise(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        return (1 - signs(targets, f) * f).relu()

    def derivative(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        y = signs(targets, f)
        return -y * (y * f < 1)

    def predict(self, outputs: "Tensor") -> "Tensor":
        return decisions(outputs)
