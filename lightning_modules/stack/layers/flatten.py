"""The stacked form of ``nn.Flatten``."""

from torch import Tensor

from lightning_modules.stack.layers.at_point import AtPoint, Passing, TwiceDifferentiable
from lightning_modules.stack.stacked import Parameters

__all__ = ["Flatten"]


class Flatten(TwiceDifferentiable):
    """(runs, *shape, batch) → (runs, features, batch), features in torch's order."""

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return x.flatten(1, -2)

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return upstream.reshape(x.shape)

    def at_point(self, parameters: Parameters, x: Tensor) -> tuple[AtPoint, Tensor]:
        y = self.forward(parameters, x)
        return Passing(x, y), y
