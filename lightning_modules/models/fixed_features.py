"""A linear model in features that are chosen by hand."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput
from lightning_modules.models.bases.basis import Basis
from lightning_modules.models.model import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["FixedFeatures"]


@dataclass(frozen=True)
class FixedFeatures(Model):
    """``W φ(x) + b`` with a fixed basis φ: what a network without learned layers can do.

    φ sees preprocessed inputs.

    Arguments:
        basis: φ, such as ``AbsoluteDifference()``, ``SquaredNorm()`` or ``Polynomial(3)``.

    Raises:
        InvalidInput: for a basis that is none, or on building for inputs that the basis is not for.
    """

    basis: Basis

    def __post_init__(self) -> None:
        if not isinstance(self.basis, Basis):
            raise InvalidInput(f"The fixed features' basis is {self.basis!r}: give one, such as Polynomial(2).")

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        from lightning_modules.modules.fixed_basis import FixedBasis

        size = self.basis.size(math.prod(shape))
        return nn.Sequential(nn.Flatten(), FixedBasis(self.basis), nn.Linear(size, outputs))
