"""The rectified linear unit with a leak, so that no unit dies."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.checks import require_inner_fraction

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LeakyReLU"]


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """``x`` where x > 0, else ``slope · x``; at 0 the derivative is taken as the slope, as torch does.

    It is ``max(slope · x, x)`` only while the slope is at most 1. Torch's own
    default slope is 0.01; here it is the 0.1 of the usual textbook picture.

    Arguments:
        slope: of the negative half, above 0 and below 1.

    Raises:
        InvalidInput: for a slope outside (0, 1).

    References:
        | Rectifier nonlinearities improve neural network acoustic models (Maas et al., 2013)
        | https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """

    slope: float = 0.1

    def __post_init__(self) -> None:
        require_inner_fraction("The leaky ReLU's slope", self.slope)

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.LeakyReLU(self.slope)
