"""The Gaussian negative log-likelihood with a noise that the network predicts for every example."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from lightning_modules.data.dataset import Dataset, Targets, Task
from lightning_modules.losses import gaussian
from lightning_modules.losses.loss import Array, Loss, Prediction

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["HeteroscedasticGaussianNLL"]


@dataclass(frozen=True)
class HeteroscedasticGaussianNLL(Loss):
    """``−log N(y | μ(x), σ²(x))``, summed over the k targets, of k means and k log-variances.

    An example weighs as much in the mean's gradient as its noise is small,
    ``1 / σ²(x)``: early in training a network can explain what it has not yet
    fitted as noise. Targets far from the order of 1 start with steep gradients.

    References:
        | Estimating the mean and variance of the target probability distribution (Nix and Weigend, 1994)
        | https://doi.org/10.1109/ICNN.1994.374138
    """

    task: ClassVar[Task] = "regression"
    prediction: ClassVar[Prediction] = "means and variances"
    unit: ClassVar[Literal["nats", ""]] = "nats"

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        return gaussian.values(outputs, targets)

    def predict(self, outputs: "Tensor") -> "Tensor":
        return gaussian.predict(outputs)

    def outputs(self, dataset: Dataset) -> int:
        return 2 * dataset.outputs

    def guess(self, dataset: Dataset, targets: Targets) -> Array:
        return gaussian.guess(*gaussian.moments(targets))

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        return gaussian.mean_and_gradient(outputs, targets)
