"""Normalization within each example."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_integer, require_positive
from lightning_modules.errors import InvalidInput
from lightning_modules.models.normalization.normalization import Normalization

if TYPE_CHECKING:
    from torch import nn

__all__ = ["GroupNormalization"]


@dataclass(frozen=True)
class GroupNormalization(Normalization):
    """Each group of neighbouring channels of one example over its pixels: an example does not depend on the others.

    One group is layer normalization.

    Arguments:
        groups: how many, of equal size.
        epsilon: added to the variance.

    Raises:
        InvalidInput: for less than one group or an epsilon that is not above 0, and on building for
            channels that the groups do not divide.

    References:
        | Group normalization (Wu and He, 2018)
        | https://arxiv.org/abs/1803.08494
    """

    groups: int = 4
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        require_integer("The group normalization's groups", self.groups, at_least=1)
        require_positive("The group normalization's epsilon", self.epsilon)

    def build(self, channels: int) -> "nn.Module":
        from torch import nn

        if channels % self.groups:
            raise InvalidInput(
                f"Group normalization cannot divide {channels} channels into {self.groups} groups:"
                " give a number of groups that divides every number of channels."
            )
        return nn.GroupNorm(self.groups, channels, eps=self.epsilon)
