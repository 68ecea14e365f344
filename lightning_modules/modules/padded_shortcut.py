"""The shortcut without parameters between images of different sizes."""

from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["PaddedShortcut"]


class PaddedShortcut(nn.Module):
    """Every `stride`-th pixel in both directions, then further channels of zeros behind those there are.

    Arguments:
        stride: in pixels; (channels, height, width) becomes (…, ⌈height / stride⌉, ⌈width / stride⌉).
        channels: how many channels of zeros.

    References:
        | Deep residual learning for image recognition (He et al., 2016), option A
        | https://arxiv.org/abs/1512.03385
    """

    def __init__(self, stride: int, channels: int) -> None:
        super().__init__()
        self.stride, self.channels = stride, channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the thinned and padded images, (batch, channels, height, width) in and out."""
        return pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.channels))
