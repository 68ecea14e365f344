"""All weights zero: the symmetry that no gradient breaks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.initializers.initializer import Initializer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Zero"]


@dataclass(frozen=True)
class Zero(Initializer):
    """Variance 0: all units of a layer stay alike, whatever the data."""

    def variance(self, shape: tuple[int, ...]) -> float:
        return 0.0

    def fill(self, weight: "Tensor") -> None:
        weight.zero_()
