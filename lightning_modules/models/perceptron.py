"""The perceptron: a linear threshold unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.models.model import Model
from lightning_modules.models.reference_class import linear_with_reference

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Perceptron"]


@dataclass(frozen=True)
class Perceptron(Model):
    """``y = H(wᵀx + b)`` with Heaviside's step H: logistic regression with a step, where the threshold is −b.

    The step is in the decision: the second class is chosen where wᵀx + b > 0.
    Its derivative being 0, the unit is trained by the perceptron rule, that is
    by `PerceptronCriterion` as the loss and plain gradient descent one example
    at a time (``batch_size=1``); with weights that start at zero (`Zero`) the
    learning rate is then no more than a scale. For C classes there are C − 1
    such sums, the first class having the logit 0.

    References:
        | The perceptron: a probabilistic model for information storage and organization in the brain (Rosenblatt, 1958)
        | https://doi.org/10.1037/h0042519
    """

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        return linear_with_reference(shape, outputs)
