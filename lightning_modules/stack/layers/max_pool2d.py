"""The stacked form of ``nn.MaxPool2d`` with windows that do not overlap."""

from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.windows import places_of_window
from lightning_modules.stack.stacked import Parameters

__all__ = ["MaxPool2d"]

aten: Any = torch.ops.aten


class MaxPool2d(Layer):
    """The maximum of each window (height, width) of x (runs, channels, height, width, batch).

    Where several pixels of a window share the maximum (blank paper does), the
    gradient goes to the first in reading order, as torch does.

    Arguments:
        window: (height, width) in pixels, also the stride.
    """

    def __init__(self, window: tuple[int, int]) -> None:
        self._window = window
        # Where the last training pass found each maximum.
        self._places = torch.empty(0)

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        # Along the rows first, of what is left along the columns: less to compare than all places of a window in turn.
        height, width = self._window
        of_rows = reduce(torch.maximum, places_of_window(x, (1, width)))
        return reduce(torch.maximum, places_of_window(of_rows, (height, 1))).contiguous()

    def training_forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        y, self._places = max_pool2d(_channels_last(x), self._window, return_indices=True)
        return _batch_last(y, len(x))

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        images, flat = _channels_last(x), _channels_last(upstream)
        no_padding, no_dilation = (0, 0), (1, 1)
        gradient = aten.max_pool2d_with_indices_backward(
            flat, images, self._window, self._window, no_padding, no_dilation, False, self._places
        )
        return _batch_last(gradient, len(x))


def _channels_last(x: Tensor) -> Tensor:
    """Return x (runs, channels, height, width, batch) as torch's images (runs · channels, batch, height, width).

    The batch takes the place of the channels: in memory these are images with
    the channels last, which torch pools a row of numbers at a time.
    """
    return x.flatten(0, 1).permute(0, 3, 1, 2)


def _batch_last(images: Tensor, runs: int) -> Tensor:
    """Return images (runs · channels, batch, height, width) as (runs, channels, height, width, batch)."""
    turned: Tensor = images.permute(0, 2, 3, 1).unflatten(0, (runs, -1)).contiguous()
    return turned
