"""Squared error: the loss of least squares."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lightning_modules.data.dataset import Dataset, Targets, Task
from lightning_modules.losses.gaussian import moments
from lightning_modules.losses.loss import Array, Prediction
from lightning_modules.losses.quadratic import QuadraticLoss

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SquaredError"]


@dataclass(frozen=True)
class SquaredError(QuadraticLoss):
    """``½ Σ (f − y)²``, summed over the outputs; its gradient is ``f − y``, half that of a squared error without ½."""

    task: ClassVar[Task] = "regression"
    prediction: ClassVar[Prediction] = "means"

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        return (outputs - targets).square().sum(dim=-1) / 2

    def predict(self, outputs: "Tensor") -> "Tensor":
        return outputs

    def guess(self, dataset: Dataset, targets: Targets) -> Array:
        return moments(targets)[0]

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        residual = outputs - targets.mT
        losses = residual.square().sum(dim=1).mean(dim=1) / 2
        return losses, residual.div_(targets.shape[1])
