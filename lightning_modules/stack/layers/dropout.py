"""The stacked form of ``nn.Dropout``."""

from torch import Tensor

from lightning_modules.stack.layers.at_point import AtPoint, Passing, TwiceDifferentiable
from lightning_modules.stack.stacked import Parameters

__all__ = ["Dropout"]


class Dropout(TwiceDifferentiable):
    """``y = x · mask`` in training, ``y = x`` in evaluation.

    Arguments:
        mask: name of the mask, (runs, batch, *shape), zero where a unit is dropped.
    """

    def __init__(self, mask: str) -> None:
        self._mask = mask
        self.masks = (mask,)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return x

    def training_forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return self._dropped(parameters, x)

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return self._dropped(parameters, upstream)

    def at_point(self, parameters: Parameters, x: Tensor) -> tuple[AtPoint, Tensor]:
        return Passing(x, x), x

    def _dropped(self, parameters: Parameters, values: Tensor) -> Tensor:
        mask = parameters.get(self._mask)
        return values if mask is None else values * mask.movedim(1, -1)
