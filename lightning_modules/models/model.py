"""What a model description is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Model"]


class Model(ABC):
    """Describes a network; subclasses are frozen dataclasses of its settings.

    A subclass may build any ``nn.Module`` that maps a batch (examples, *shape)
    to (examples, outputs): the stack runs it for all its runs at once.
    """

    @abstractmethod
    def build(self, shape: tuple[int, ...], outputs: int) -> "nn.Module":
        """Return a new module for examples of this shape, with one output for each class."""

    @property
    def graph(self) -> "Model":
        """What runs must share to be trained in one stack: this model, but for what is drawn outside of its graph.

        Rates of dropout are: a subclass may return itself with any rate above 0 in their place.
        """
        return self
