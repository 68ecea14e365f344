"""The stacked form of ``nn.GroupNorm``."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["GroupNorm"]


class GroupNorm(Layer):
    """``y = w x̂ + b`` for x (runs, channels, *places, batch), where x̂ has mean 0 and variance 1 in each group.

    A group is a run of neighbouring channels of one example, all their places
    together. With ``σ`` the root of the variance plus epsilon, the gradient in
    x is ``(g − mean g − x̂ · mean(g x̂)) / σ`` for g the gradient in x̂.

    The backward pass needs x̂ twice, so that of the last input is kept.

    Arguments:
        weight: name of w, one number a channel, or None for 1.
        bias: name of b, or None for 0.
        groups: how many.
        epsilon: added to the variance.
    """

    def __init__(self, weight: str | None, bias: str | None, groups: int, epsilon: float) -> None:
        self._weight, self._bias, self._groups, self._epsilon = weight, bias, groups, epsilon
        self.parameters = tuple(name for name in (weight, bias) if name is not None)
        self._last: tuple[Tensor, Tensor, Tensor] | None = None

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        y, _ = self._normalize(x)
        if self._weight is not None:
            weight = _by_channel(parameters[self._weight], x)
            if self._bias is not None:
                return torch.addcmul(_by_channel(parameters[self._bias], x), y, weight)
            return y * weight
        return y

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:
        if self._weight is not None:
            torch.sum((upstream * self._normalize(x)[0]).flatten(2), dim=2, out=gradients[self._weight])
        if self._bias is not None:
            torch.sum(upstream.flatten(2), dim=2, out=gradients[self._bias])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        normalized, scale = (self._grouped(each) for each in self._normalize(x))
        if self._weight is not None:
            upstream = upstream * _by_channel(parameters[self._weight], x)
        gradient = self._grouped(upstream)
        slope = (gradient * normalized).mean(dim=2, keepdim=True)
        centred = gradient - gradient.mean(dim=2, keepdim=True)
        self._last = None
        return centred.addcmul_(normalized, slope, value=-1).mul_(scale).reshape(x.shape)

    def _normalize(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return x̂ of the shape of x, and 1/σ (runs, groups, 1, batch)."""
        if self._last is None or self._last[0] is not x:
            grouped = self._grouped(x)
            centred = grouped - grouped.mean(dim=2, keepdim=True)
            scale = (centred * centred).mean(dim=2, keepdim=True).add_(self._epsilon).rsqrt_()
            self._last = x, centred.mul_(scale).reshape(x.shape), scale
        return self._last[1], self._last[2]

    def _grouped(self, x: Tensor) -> Tensor:
        """Return x (runs, channels, *places, batch) as (runs, groups, channels and places of one, batch)."""
        return x.reshape(x.shape[0], self._groups, -1, x.shape[-1])


def _by_channel(parameter: Tensor, x: Tensor) -> Tensor:
    """Return (runs, channels) with as many axes as x."""
    return parameter.view(*parameter.shape, *[1] * (x.dim() - 2))
