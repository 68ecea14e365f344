"""What a data set is: the arrays, and the description that loads them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Data", "Dataset"]


@dataclass(frozen=True)
class Dataset:
    """A labelled data set in memory.

    Arguments:
        inputs: float32, (examples, *shape); images are (channels, height, width).
        targets: int64, (examples,), classes counted from 0.
        classes: the number of classes.
    """

    inputs: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int64]
    classes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.inputs.shape[1:]


class Data(ABC):
    """Names a data set; subclasses are frozen dataclasses of its settings."""

    @abstractmethod
    def load(self) -> Dataset:
        """Return the whole data set, the same arrays at every call."""
