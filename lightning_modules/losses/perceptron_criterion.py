"""The perceptron criterion, whose stochastic gradient is Rosenblatt's rule."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lightning_modules.losses.binary import BinaryLoss, decisions, signs
from lightning_modules.losses.loss import Prediction

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PerceptronCriterion"]


@dataclass(frozen=True)
class PerceptronCriterion(BinaryLoss):
    """``max(0, −y f)`` of one output f, with y = −1 for class 0 and y = 1 for class 1.

    Its slope is −y where ``y f ≤ 0``, at exactly 0 as well: plain gradient
    descent on single examples with learning rate 1, from weights of zero, is
    ``w ← w + y x`` at every mistake, Rosenblatt's rule. It has no margin, and
    weights of zero minimize it, so a search must not go by its value. It is no
    likelihood: the predictions are decisions.

    References:
        | The perceptron: a probabilistic model for information storage and organization in the brain (Rosenblatt, 1958)
        | https://doi.org/10.1037/h0042519
    """

    prediction: ClassVar[Prediction] = "decisions"

    def pointwise(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        import torch

        margin = signs(targets, f) * f
        # What is not a number is not above 0, and stays what it is.
        return torch.where(margin > 0, torch.zeros_like(margin), -margin)

    def derivative(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        y = signs(targets, f)
        return -y * (y * f <= 0)

    def predict(self, outputs: "Tensor") -> "Tensor":
        return decisions(outputs)
