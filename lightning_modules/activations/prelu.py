"""The rectified linear unit with a learned leak."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.checks import require_fraction

if TYPE_CHECKING:
    from torch import nn

__all__ = ["PReLU"]


@dataclass(frozen=True)
class PReLU(Activation):
    """``x`` where x > 0, else ``α x``, with one α a layer that is trained like a weight, weight decay included.

    At 0 the derivative in x is taken as α, as torch does. ``max(α x, x)`` is
    the same only while α is at most 1, which training does not promise.

    Arguments:
        slope: α before the first step, at least 0 and below 1.

    Raises:
        InvalidInput: for a slope outside [0, 1).

    References:
        | Delving deep into rectifiers (He et al., 2015)
        | https://arxiv.org/abs/1502.01852
    """

    slope: float = 0.25

    def __post_init__(self) -> None:
        require_fraction("The PReLU's slope", self.slope)

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.PReLU(init=self.slope)
