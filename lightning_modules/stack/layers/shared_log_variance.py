"""The stacked form of a log-variance that all examples share."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["SharedLogVariance"]


class SharedLogVariance(Layer):
    """Appends to k means (runs, k, batch) each run's own log-variance (runs, 1), k times over: (runs, 2 k, batch).

    Arguments:
        log_variance: name of the parameter.
    """

    def __init__(self, log_variance: str) -> None:
        self._log_variance = log_variance
        self.parameters = (log_variance,)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        own = parameters[self._log_variance][:, :, None]
        runs = max(len(x), len(own))
        return torch.cat([x.expand(runs, -1, -1), own.expand(runs, *x.shape[1:])], dim=1)

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        own = upstream[:, x.shape[1] :].flatten(1)
        torch.sum(own, dim=1, keepdim=True, out=gradients[self._log_variance])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return upstream[:, : x.shape[1]].contiguous()
