"""What a normalization is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Normalization"]


class Normalization(ABC):
    """Describes a layer that shifts and scales images to mean 0 and variance 1, then by a weight and a bias a channel.

    Subclasses are frozen dataclasses of its settings. They differ in what the
    mean and the variance are taken over.
    """

    @abstractmethod
    def build(self, channels: int) -> "nn.Module":
        """Return a new module for images of so many channels, weights 1 and biases 0.

        Raises:
            InvalidInput: if it cannot be done with that many.
        """
