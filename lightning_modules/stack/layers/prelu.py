"""The stacked form of ``nn.PReLU`` with one slope for the layer."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["PReLU"]


class PReLU(Layer):
    """``y = x`` where x > 0, else ``α x``, with each run's own α (runs, 1); at 0 the derivative is α, as in torch.

    Arguments:
        slope: name of α.
    """

    def __init__(self, slope: str) -> None:
        self._slope = slope
        self.parameters = (slope,)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return torch.addcmul(x.clamp(min=0), self._slopes(parameters, x), x.clamp(max=0))

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        torch.sum(x.clamp(max=0).mul_(upstream).flatten(1), dim=1, keepdim=True, out=gradients[self._slope])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        # Not torch.where: choosing by booleans takes ten times as long.
        above = torch.ops.aten.threshold_backward(upstream, x, 0)
        return torch.addcmul(above, self._slopes(parameters, x), upstream - above)

    def _slopes(self, parameters: Parameters, x: Tensor) -> Tensor:
        """Return α as (runs, 1, …, 1), one axis for each of x."""
        return parameters[self._slope].view(-1, *[1] * (x.dim() - 1))
