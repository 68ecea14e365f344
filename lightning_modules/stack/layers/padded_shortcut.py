"""The stacked form of the shortcut without parameters between images of different sizes."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["PaddedShortcut"]


class PaddedShortcut(Layer):
    """Every `stride`-th pixel of x (runs, channels, height, width, batch), then further channels of zeros.

    Arguments:
        stride: in pixels.
        channels: how many channels of zeros.
    """

    def __init__(self, stride: int, channels: int) -> None:
        self._stride, self._channels = stride, channels

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return pad(x[:, :, :: self._stride, :: self._stride], (0, 0, 0, 0, 0, 0, 0, self._channels)).contiguous()

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        gradient = torch.zeros_like(x)
        gradient[:, :, :: self._stride, :: self._stride] = upstream[:, : x.shape[1]]
        return gradient
