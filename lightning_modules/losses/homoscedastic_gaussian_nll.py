"""The Gaussian negative log-likelihood with one noise for all examples, learned with the weights."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lightning_modules.data.dataset import Dataset, Targets, Task
from lightning_modules.losses import gaussian
from lightning_modules.losses.loss import Array, Loss, Prediction

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["HomoscedasticGaussianNLL"]


@dataclass(frozen=True)
class HomoscedasticGaussianNLL(Loss):
    """``−log N(y | μ(x), σ² I)``, summed over the k targets, with one log-variance as a parameter, 0 to begin with.

    At the minimum σ² is the mean squared error on the training set. The
    parameter decays with the weights, which draws σ towards 1.
    """

    task: ClassVar[Task] = "regression"
    prediction: ClassVar[Prediction] = "means and variances"
    unit: ClassVar[Literal["nats", ""]] = "nats"

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        return gaussian.values(outputs, targets)

    def predict(self, outputs: "Tensor") -> "Tensor":
        return gaussian.predict(outputs)

    def head(self, module: "nn.Module") -> "nn.Module":
        from torch import nn

        from lightning_modules.stack.shared_log_variance import SharedLogVariance

        return nn.Sequential(module, SharedLogVariance())

    def guess(self, dataset: Dataset, targets: Targets) -> Array:
        mean, variance = gaussian.moments(targets)
        return gaussian.guess(mean, np.full_like(variance, variance.mean()))

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        return gaussian.mean_and_gradient(outputs, targets)
