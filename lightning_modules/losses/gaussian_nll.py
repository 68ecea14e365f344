"""The Gaussian negative log-likelihood with a known noise."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from lightning_modules.checks import require_positive
from lightning_modules.data.dataset import Dataset, Targets, Task
from lightning_modules.losses.gaussian import moments
from lightning_modules.losses.loss import Array, Loss, Prediction

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GaussianNLL"]


@dataclass(frozen=True)
class GaussianNLL(Loss):
    """``−log N(y | f, σ² I) = Σ ((f − y)² / σ² + log 2πσ²) / 2``, summed over the outputs.

    What minimizes it minimizes the squared error; σ scales the gradient.

    Arguments:
        sigma: σ, the noise's standard deviation, in the targets' unit.

    Raises:
        InvalidInput: for a σ that is not above 0.
    """

    sigma: float = 1.0

    task: ClassVar[Task] = "regression"
    prediction: ClassVar[Prediction] = "means and variances"
    unit: ClassVar[Literal["nats", ""]] = "nats"

    def __post_init__(self) -> None:
        require_positive("The Gaussian's sigma", self.sigma)

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        squared = ((outputs - targets) / self.sigma).square()
        return squared.sum(dim=-1) / 2 + outputs.shape[-1] * self._log_scale

    def predict(self, outputs: "Tensor") -> "Tensor":
        import torch

        return torch.cat([outputs, torch.full_like(outputs, self.sigma**2)], dim=-1)

    def guess(self, dataset: Dataset, targets: Targets) -> Array:
        return moments(targets)[0]

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        scaled = (outputs - targets.mT).div_(self.sigma)
        losses = scaled.square().sum(dim=1).mean(dim=1) / 2 + outputs.shape[1] * self._log_scale
        return losses, scaled.div_(self.sigma * targets.shape[1])

    @property
    def _log_scale(self) -> float:
        return math.log(self.sigma) + math.log(2 * math.pi) / 2
