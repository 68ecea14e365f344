"""A small residual network for images."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lightning_modules.checks import require_integer, require_integers
from lightning_modules.errors import InvalidInput
from lightning_modules.models.images import require_images
from lightning_modules.models.model import Model
from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.models.normalization.normalization import Normalization

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ResNet"]


@dataclass(frozen=True)
class ResNet(Model):
    """The residual network in its form for CIFAR-10: a convolution, stages of residual blocks, global average, linear.

    A block is ``h ← ReLU(s(h) + f(h))`` with f two 3×3 convolutions, each
    followed by a normalization, and a ReLU between them. Every stage but the
    first halves the image by the stride of its first convolution. The shortcut
    s is then option A of the paper, every second pixel and zeros for the new
    channels: no shortcut has parameters. The network has ``2 · blocks ·
    stages + 2`` layers with weights; no convolution has biases.

    Without normalization f has no layer that holds its scale, and few blocks
    are all that trains.

    Arguments:
        widths: channels of each stage, not decreasing; images of 8×8 pixels have room for two or three stages.
        blocks: in each stage; 3 makes the ResNet-20 of the paper.
        normalization: behind every convolution, or None.
        residual: off, the same layers without shortcuts, the plain network of the paper.

    Raises:
        InvalidInput: for no widths or decreasing ones, a count below 1, a normalization that is none,
            or on building for what are no images.

    References:
        | Deep residual learning for image recognition (He et al., 2016), section 4.2
        | https://arxiv.org/abs/1512.03385
    """

    widths: tuple[int, ...] = (16, 32, 64)
    blocks: int = 1
    normalization: Normalization | None = field(default_factory=BatchNormalization)
    residual: bool = True

    def __post_init__(self) -> None:
        require_integers("The ResNet's widths", self.widths, at_least=1)
        require_integer("The ResNet's blocks", self.blocks, at_least=1)
        if not self.widths or list(self.widths) != sorted(self.widths):
            raise InvalidInput(
                f"The ResNet's widths are {self.widths}: give one or more that do not decrease,"
                " because shortcuts add channels of zeros."
            )
        if not isinstance(self.normalization, Normalization | None):
            raise InvalidInput(
                f"The ResNet's normalization is {self.normalization!r}:"
                " give one, such as BatchNormalization(), or None."
            )

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        require_images("ResNet", shape)
        layers = [*self._convolution(shape[0], self.widths[0], stride=1), nn.ReLU()]
        inputs = self.widths[0]
        for stage, width in enumerate(self.widths):
            for block in range(self.blocks):
                layers += [self._block(inputs, width, stride=2 if stage > 0 and block == 0 else 1), nn.ReLU()]
                inputs = width
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, outputs))

    def _block(self, inputs: int, outputs: int, stride: int) -> "nn.Module":
        from torch import nn

        from lightning_modules.modules.padded_shortcut import PaddedShortcut
        from lightning_modules.modules.residual import Residual

        first, second = self._convolution(inputs, outputs, stride), self._convolution(outputs, outputs, stride=1)
        body = nn.Sequential(*first, nn.ReLU(), *second)
        if not self.residual:
            return body
        return Residual(body, None if (stride, inputs) == (1, outputs) else PaddedShortcut(stride, outputs - inputs))

    def _convolution(self, inputs: int, outputs: int, stride: int) -> "list[nn.Module]":
        from torch import nn

        convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        return [convolution] if self.normalization is None else [convolution, self.normalization.build(outputs)]
