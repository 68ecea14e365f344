"""Normal weights of a given standard deviation, whatever the layer's size."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_positive
from lightning_modules.initializers.initializer import Initializer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Normal"]


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal with standard deviation `std` (never a variance: "N(0, 0.01)" has been read as both).

    Arguments:
        std: the standard deviation of a weight.

    Raises:
        InvalidInput: unless `std` is above 0; for zero weights there is `Zero`.
    """

    std: float = 0.01

    def __post_init__(self) -> None:
        require_positive("The normal initializer's std", self.std)

    def variance(self, shape: tuple[int, ...]) -> float:
        return self.std**2

    def fill(self, weight: "Tensor") -> None:
        weight.normal_(0, self.std)
