"""What a preprocessing is."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Preprocessing", "Transform"]

Array = npt.NDArray[np.float32]
Transform = Callable[[Array], Array]


class Preprocessing(ABC):
    """Describes what is done to inputs before a network sees them; subclasses are frozen dataclasses of its settings.

    It is fitted on the training examples of each split, and only on them: a
    mean that has seen the test examples has told the network of them.
    """

    @abstractmethod
    def fit(self, inputs: Array) -> Transform:
        """Return the transform of inputs (examples, *shape), fitted on training inputs of that shape."""

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of one transformed example."""
        return shape
