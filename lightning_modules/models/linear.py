"""One linear layer."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.models.model import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Linear"]


@dataclass(frozen=True)
class Linear(Model):
    """``W x + b``: linear regression by the squared error, multinomial logistic regression by the cross-entropy.

    It has ``outputs · (D + 1)`` parameters for D inputs: D + 1 for one output.
    A softmax over C logits sees only their differences, so that D + 1 of them
    say nothing; `LogisticRegression` leaves these out.
    """

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), outputs))
