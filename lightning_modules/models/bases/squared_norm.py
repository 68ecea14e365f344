"""The distance from the origin, squared."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.models.bases.basis import Basis

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SquaredNorm"]


@dataclass(frozen=True)
class SquaredNorm(Basis):
    """``‖x‖²``, a radial feature: a threshold on it is a sphere around the origin."""

    def size(self, inputs: int) -> int:
        return 1

    def features(self, x: "Tensor") -> "Tensor":
        return (x * x).sum(dim=-1, keepdim=True)
