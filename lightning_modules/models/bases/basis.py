"""What a basis is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Basis"]


class Basis(ABC):
    """A fixed function φ of a vector; subclasses are frozen dataclasses of its settings.

    The constant feature is left out: the bias of the layer behind it is its weight.
    """

    @abstractmethod
    def size(self, inputs: int) -> int:
        """Return the number of features of so many inputs.

        Raises:
            InvalidInput: if the basis is not for that many.
        """

    @abstractmethod
    def features(self, x: "Tensor") -> "Tensor":
        """Return φ(x), (…, features), for x (…, inputs); a pure function."""
