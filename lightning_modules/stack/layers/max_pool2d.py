"""The stacked form of ``nn.MaxPool2d`` with windows that do not overlap."""

from functools import reduce

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.windows import fills_windows, places_of_window
from lightning_modules.stack.stacked import Parameters

__all__ = ["MaxPool2d"]


class MaxPool2d(Layer):
    """The maximum of each window (height, width) of x (runs, channels, height, width, batch).

    Where several pixels of a window share the maximum (blank paper does), the
    gradient goes to the first in reading order, as torch does.

    Arguments:
        window: (height, width) in pixels, also the stride.
    """

    def __init__(self, window: tuple[int, int]) -> None:
        self._window = window

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        # Along the rows first, of what is left along the columns: less to compare than all places of a window in turn.
        height, width = self._window
        of_rows = reduce(torch.maximum, places_of_window(x, (1, width)))
        return reduce(torch.maximum, places_of_window(of_rows, (height, 1))).contiguous()

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        # Pixels that do not fill a window at the right and lower edge have no gradient.
        gradient = torch.empty_like(x) if fills_windows(x, self._window) else torch.zeros_like(x)
        left = upstream.clone()
        places = places_of_window(x, self._window), places_of_window(gradient, self._window)
        pairs = list(zip(*places, strict=True))
        for pixels, target in pairs[:-1]:
            # Compared in place, numbers become 1 or 0; a mask of booleans would take three times as long to multiply.
            share = pixels.clone().eq_(y).mul_(left)
            target.copy_(share)
            left.sub_(share)
        pairs[-1][1].copy_(left)
        return gradient
