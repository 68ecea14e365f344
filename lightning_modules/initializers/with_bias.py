"""Any initializer with biases that are not zero."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lightning_modules.checks import require_finite
from lightning_modules.errors import InvalidInput
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.initializer import Initializer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["WithBias"]


@dataclass(frozen=True)
class WithBias(Initializer):
    """The weights of another initializer, and one value for every bias.

    A small bias above 0 lets ReLU units start in the half where they have a
    gradient. The last layer gets it too, where a softmax does not see it.

    Arguments:
        weights: the initializer of the weights; its own bias is not used.
        bias: the value of every bias.

    Raises:
        InvalidInput: for weights that are no initializer, or a bias that is not finite.
    """

    weights: Initializer = field(default_factory=HeNormal)
    bias: float = 0.1

    def __post_init__(self) -> None:
        if not isinstance(self.weights, Initializer):
            raise InvalidInput(f"WithBias's weights are {self.weights!r}: give an initializer, such as HeNormal().")
        require_finite("WithBias's bias", self.bias)

    def variance(self, shape: tuple[int, ...]) -> float:
        return self.weights.variance(shape)

    def mean(self) -> float:
        return self.weights.mean()

    def fill(self, weight: "Tensor") -> None:
        self.weights.fill(weight)
