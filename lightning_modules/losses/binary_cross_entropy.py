"""Binary cross-entropy: the negative log-likelihood of a coin whose log-odds are the output."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from lightning_modules.losses.binary import BinaryLoss, sigmoid

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["BinaryCrossEntropy"]


@dataclass(frozen=True)
class BinaryCrossEntropy(BinaryLoss):
    """``−t log σ(z) − (1 − t) log(1 − σ(z))`` of one logit z, computed without the logarithm of a rounded σ.

    Its derivative is ``σ(z) − t``. It is finite for every finite z.
    """

    unit: ClassVar[Literal["nats", ""]] = "nats"

    def pointwise(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(f, targets.to(f.dtype), reduction="none")

    def derivative(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        return sigmoid(f) - targets

    def predict(self, outputs: "Tensor") -> "Tensor":
        import torch

        return sigmoid(torch.cat([-outputs, outputs], dim=-1))
