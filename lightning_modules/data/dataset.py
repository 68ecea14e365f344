"""What a data set is: the arrays, and the description that loads them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Data", "Dataset", "Examples", "Targets", "Task"]

Targets = npt.NDArray[np.int64 | np.float32]
Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Dataset:
    """A data set in memory, for classification or, without classes, for regression.

    Arguments:
        inputs: float32, (examples, *shape); images are (channels, height, width).
        targets: int64, (examples,), classes counted from 0; or float32, (examples, outputs), real numbers.
        classes: the number of classes, or None where the targets are real numbers.
    """

    inputs: npt.NDArray[np.float32]
    targets: Targets
    classes: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.inputs.shape[1:]

    @property
    def task(self) -> Task:
        """What the targets ask for."""
        return "regression" if self.classes is None else "classification"

    @property
    def outputs(self) -> int:
        """Outputs that a network needs: one for each class, or for each real number."""
        return int(self.targets.shape[1]) if self.classes is None else self.classes


@dataclass(frozen=True)
class Examples:
    """Some examples of a data set, and the targets that they go by.

    Arguments:
        rows: indices into the data set, ascending, (examples,).
        targets: as `Dataset` has them, (examples, …); in training not always the same.
    """

    rows: npt.NDArray[np.int64]
    targets: Targets


class Data(ABC):
    """Names a data set; subclasses are frozen dataclasses of its settings.

    A wrapper around other data changes what is trained on and nothing else: it
    overrides `source` and `training`, and so cannot touch the examples that
    select, calibrate and test.
    """

    @abstractmethod
    def load(self) -> Dataset:
        """Return the whole data set, the same arrays at every call."""

    @property
    def source(self) -> "Data":
        """The data set whose arrays these are: this one, or the one inside of a wrapper."""
        return self

    def training(self, examples: Examples, dataset: Dataset, split_seed: int) -> Examples:
        """Return what is trained on, a pure function of the arguments; as many examples for every split seed.

        Arguments:
            examples: the training part of the split.
            dataset: all of `load`.
            split_seed: what the data set was split by.
        """
        return examples
