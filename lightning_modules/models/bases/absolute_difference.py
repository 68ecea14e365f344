"""How far apart two inputs are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput
from lightning_modules.models.bases.basis import Basis

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AbsoluteDifference"]


@dataclass(frozen=True)
class AbsoluteDifference(Basis):
    """``|x₁ − x₂|`` of two inputs; with the constant it is φ = [1; |x₁ − x₂|], in which XOR is linear.

    Raises:
        InvalidInput: on building for other than two inputs.
    """

    def size(self, inputs: int) -> int:
        if inputs != 2:
            raise InvalidInput(
                f"The absolute difference is one of two inputs, and the data have {inputs}: use another basis."
            )
        return 1

    def features(self, x: "Tensor") -> "Tensor":
        return (x[..., :1] - x[..., 1:]).abs()
