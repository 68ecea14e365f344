"""Images moved by a few pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lightning_modules.augmentation.augmentation import Array, Augmentation
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput

__all__ = ["Shift"]


@dataclass(frozen=True)
class Shift(Augmentation):
    """Each image moved by whole pixels, −n … n in each direction, every offset as likely; zeros move in.

    Done before preprocessing: a shifted image is then standardised pixel by
    pixel as a shifted test image would be.

    Arguments:
        pixels: n, at most.

    Raises:
        InvalidInput: for a number below 1, or, on training, for inputs that are no images.

    References:
        | Best practices for convolutional neural networks (Simard et al., 2003)
        | https://doi.org/10.1109/ICDAR.2003.1227801
    """

    pixels: int = 1

    def __post_init__(self) -> None:
        require_integer("The shift's pixels", self.pixels, at_least=1)

    def before_preprocessing(self, inputs: Array, rng: np.random.Generator) -> Array:
        if inputs.ndim != 4:
            raise InvalidInput(
                f"Shift moves images (channels, height, width), and the inputs are of shape {inputs.shape[1:]}:"
                " leave it out, or use Noise."
            )
        n = self.pixels
        padded = np.pad(inputs, ((0, 0), (0, 0), (n, n), (n, n)))
        windows = sliding_window_view(padded, inputs.shape[2:], axis=(2, 3))
        down, right = rng.integers(0, 2 * n + 1, (2, len(inputs)))
        moved: Array = windows[np.arange(len(inputs)), :, down, right]
        return moved
