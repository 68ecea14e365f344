"""All weights alike: the symmetry that no gradient breaks, with a signal going through."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_finite
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.initializer import Initializer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ConstantWeights"]


@dataclass(frozen=True)
class ConstantWeights(Initializer):
    """Mean `value` and variance 0: the units of a layer get the same gradient and stay alike, whatever the data.

    Arguments:
        value: of every weight, not 0.

    Raises:
        InvalidInput: for a value that is not finite or 0; for zero weights there is `Zero`.
    """

    value: float = 0.1

    def __post_init__(self) -> None:
        require_finite("The constant initializer's value", self.value)
        if self.value == 0:
            raise InvalidInput("The constant initializer's value is 0: use Zero, or give another number.")

    def variance(self, shape: tuple[int, ...]) -> float:
        return 0.0

    def mean(self) -> float:
        return self.value

    def fill(self, weight: "Tensor") -> None:
        weight.fill_(self.value)
