"""The exponential linear unit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.checks import require_positive

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ELU"]


@dataclass(frozen=True)
class ELU(Activation):
    """``x`` where x > 0, else ``α (eˣ − 1)``: its outputs have a mean nearer 0 than ReLU's, and it saturates at −α.

    At 0 the derivative is taken as α, as torch does.

    Arguments:
        alpha: α; with 1 the derivative is continuous.

    Raises:
        InvalidInput: unless α is above 0.

    References:
        | Fast and accurate deep network learning by exponential linear units (Clevert et al., 2016)
        | https://arxiv.org/abs/1511.07289
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        require_positive("ELU's alpha", self.alpha)

    def build(self) -> "nn.Module":
        from torch import nn

        return nn.ELU(self.alpha)
