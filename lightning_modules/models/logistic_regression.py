"""Logistic regression without superfluous parameters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.models.model import Model
from lightning_modules.models.reference_class import linear_with_reference

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LogisticRegression"]


@dataclass(frozen=True)
class LogisticRegression(Model):
    """A linear layer to the logits of all classes but the first, whose logit is 0; trained by the cross-entropy.

    For two classes the probability of the second is ``σ(wᵀx + b)``, with D + 1
    parameters for D inputs; for C classes there are ``(C − 1)(D + 1)``. With
    `BinaryCrossEntropy`, which asks for one logit of two classes, it is the same.

    References:
        | The regression analysis of binary sequences (Cox, 1958)
        | https://doi.org/10.1111/j.2517-6161.1958.tb00292.x
    """

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        return linear_with_reference(shape, outputs)
