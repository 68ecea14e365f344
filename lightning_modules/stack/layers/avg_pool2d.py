"""The stacked form of ``nn.AvgPool2d`` with windows that do not overlap."""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.windows import fills_windows, places_of_window
from lightning_modules.stack.stacked import Parameters

__all__ = ["AvgPool2d"]


class AvgPool2d(Layer):
    """The average of each window (height, width) of x (runs, channels, height, width, batch).

    Arguments:
        window: (height, width) in pixels, also the stride.
    """

    def __init__(self, window: tuple[int, int]) -> None:
        self._window = window

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        first, *rest = places_of_window(x, self._window)
        total = first.clone(memory_format=torch.contiguous_format)
        for pixels in rest:
            total.add_(pixels)
        return total.div_(self._window[0] * self._window[1])

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        gradient = torch.empty_like(x) if fills_windows(x, self._window) else torch.zeros_like(x)
        share = upstream / (self._window[0] * self._window[1])
        for target in places_of_window(gradient, self._window):
            target.copy_(share)
        return gradient
