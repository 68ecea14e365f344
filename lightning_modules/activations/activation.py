"""What an activation description is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Activation"]


class Activation(ABC):
    """Names an activation function; subclasses are frozen dataclasses of its settings."""

    @abstractmethod
    def build(self) -> "nn.Module":
        """Return a new module that applies the function elementwise."""
