"""A small convolutional network: convolution, activation, pooling, then one linear layer."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.relu import ReLU
from lightning_modules.checks import require_fraction, require_integer, require_integers
from lightning_modules.errors import InvalidInput
from lightning_modules.models.images import require_images
from lightning_modules.models.model import Model
from lightning_modules.models.normalization.normalization import Normalization

if TYPE_CHECKING:
    from torch import nn

__all__ = ["CNN"]


@dataclass(frozen=True)
class CNN(Model):
    """Blocks of convolution (same padding), normalization, activation and pooling, then a linear layer to the logits.

    Arguments:
        channels: channels of each block.
        kernel: side of the square kernels, in pixels; odd, so that padding keeps the size.
        pool: side of the square pooling windows, in pixels; 1 pools nothing.
        activation: the same after every convolution.
        pooling: what is kept of a window, its maximum or its average.
        global_average: gives the linear layer each channel's average over the image instead of its pixels, and so
            fewer weights and less sense of place.
        normalization: between each convolution and its activation; a convolution in front of one has no biases.
        dropout: probability that training sets a pixel behind a block to 0; the others are divided by one minus it.

    Raises:
        InvalidInput: for a count below 1, channels that are not a tuple, an even kernel, another pooling,
            a normalization that is none, a probability outside [0, 1), or on building for what are no images
            or images too small to be pooled that often.
    """

    channels: tuple[int, ...] = (16, 32)
    kernel: int = 3
    pool: int = 2
    activation: Activation = field(default_factory=ReLU)
    pooling: Literal["max", "average"] = "max"
    global_average: bool = False
    normalization: Normalization | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require_integers("The CNN's channels", self.channels, at_least=1)
        require_integer("The CNN's kernel", self.kernel, at_least=1)
        require_integer("The CNN's pool", self.pool, at_least=1)
        require_fraction("The CNN's dropout", self.dropout)
        if self.kernel % 2 == 0:
            raise InvalidInput(
                f"The CNN's kernel is {self.kernel}: give an odd number, so that padding keeps the size."
            )
        if self.pooling not in ("max", "average"):
            raise InvalidInput(f"The CNN's pooling is {self.pooling!r}: give 'max' or 'average'.")
        if not isinstance(self.normalization, Normalization | None):
            raise InvalidInput(
                f"The CNN's normalization is {self.normalization!r}: give one, such as GroupNormalization(), or None."
            )

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        require_images("CNN", shape)
        inputs, height, width = shape
        layers: list[nn.Module] = []
        for count in self.channels:
            layers += self._block(inputs, count)
            inputs, height, width = count, height // self.pool, width // self.pool
        if min(height, width) < 1:
            raise InvalidInput(
                f"Images of {shape[1]}×{shape[2]} pixels are too small to be pooled {len(self.channels)} times"
                f" by {self.pool}: use fewer channels or pool=1."
            )
        if self.global_average:
            layers.append(nn.AdaptiveAvgPool2d(1))
            height = width = 1
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(inputs * height * width, outputs))

    @property
    def graph(self) -> Model:
        return replace(self, dropout=float(self.dropout > 0) / 2)

    def _block(self, inputs: int, outputs: int) -> "list[nn.Module]":
        from torch import nn

        plain = self.normalization is None
        block: list[nn.Module] = [nn.Conv2d(inputs, outputs, self.kernel, padding=self.kernel // 2, bias=plain)]
        if self.normalization is not None:
            block.append(self.normalization.build(outputs))
        block.append(self.activation.build())
        if self.pool > 1:
            block.append(nn.MaxPool2d(self.pool) if self.pooling == "max" else nn.AvgPool2d(self.pool))
        if self.dropout > 0:
            block.append(nn.Dropout(self.dropout))
        return block
