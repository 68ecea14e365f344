"""Normalization over the examples of a batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_inner_fraction, require_positive
from lightning_modules.models.normalization.normalization import Normalization

if TYPE_CHECKING:
    from torch import nn

__all__ = ["BatchNormalization"]


@dataclass(frozen=True)
class BatchNormalization(Normalization):
    """Each channel over all pixels of all examples of the batch; in evaluation, with running means of both moments.

    Arguments:
        momentum: share of the newest batch in the running means, as torch counts it.
        epsilon: added to the variance.

    Raises:
        InvalidInput: for a momentum outside (0, 1), or an epsilon that is not above 0.

    References:
        | Batch normalization: accelerating deep network training by reducing internal covariate shift
          (Ioffe and Szegedy, 2015)
        | https://arxiv.org/abs/1502.03167
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        require_inner_fraction("The batch normalization's momentum", self.momentum)
        require_positive("The batch normalization's epsilon", self.epsilon)

    def build(self, channels: int) -> "nn.Module":
        from torch import nn

        return nn.BatchNorm2d(channels, eps=self.epsilon, momentum=self.momentum)
