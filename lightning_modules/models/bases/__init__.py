"""Hand-made bases: features that are chosen, not learned; one a file."""

from lightning_modules.models.bases.absolute_difference import AbsoluteDifference
from lightning_modules.models.bases.basis import Basis
from lightning_modules.models.bases.polynomial import Polynomial
from lightning_modules.models.bases.squared_norm import SquaredNorm

__all__ = [
    "AbsoluteDifference",
    "Basis",
    "Polynomial",
    "SquaredNorm",
]
