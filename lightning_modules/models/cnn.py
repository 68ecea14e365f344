"""A small convolutional network: convolution, activation, pooling, then one linear layer."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.relu import ReLU
from lightning_modules.checks import require_integer, require_integers
from lightning_modules.errors import InvalidInput
from lightning_modules.models.model import Model

if TYPE_CHECKING:
    from torch import nn

__all__ = ["CNN"]


@dataclass(frozen=True)
class CNN(Model):
    """Blocks of convolution (same padding), activation and max pooling, then a linear layer to the logits.

    Arguments:
        channels: channels of each block.
        kernel: side of the square kernels, in pixels; odd, so that padding keeps the size.
        pool: side of the square pooling windows, in pixels; 1 pools nothing.
        activation: the same after every convolution.

    Raises:
        InvalidInput: for a count below 1, channels that are not a tuple, an even kernel,
            or images too small to be pooled that often.
    """

    channels: tuple[int, ...] = (16, 32)
    kernel: int = 3
    pool: int = 2
    activation: Activation = field(default_factory=ReLU)

    def __post_init__(self) -> None:
        require_integers("The CNN's channels", self.channels, at_least=1)
        require_integer("The CNN's kernel", self.kernel, at_least=1)
        require_integer("The CNN's pool", self.pool, at_least=1)
        if self.kernel % 2 == 0:
            raise InvalidInput(
                f"The CNN's kernel is {self.kernel}: give an odd number, so that padding keeps the size."
            )

    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        from torch import nn

        if len(shape) != 3:
            raise InvalidInput(
                f"A CNN needs images (channels, height, width), not inputs of shape {shape}: use an MLP."
            )
        inputs, height, width = shape
        layers: list[nn.Module] = []
        for count in self.channels:
            layers += [nn.Conv2d(inputs, count, self.kernel, padding=self.kernel // 2), self.activation.build()]
            if self.pool > 1:
                layers.append(nn.MaxPool2d(self.pool))
            inputs, height, width = count, height // self.pool, width // self.pool
        if min(height, width) < 1:
            raise InvalidInput(
                f"Images of {shape[1]}×{shape[2]} pixels are too small to be pooled {len(self.channels)} times"
                f" by {self.pool}: use fewer channels or pool=1."
            )
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(inputs * height * width, outputs))
