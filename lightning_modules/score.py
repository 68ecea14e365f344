"""The score of a task: the one number by which trained networks are compared, whatever they were trained on."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from lightning_modules.data.dataset import Dataset, Targets, Task

__all__ = ["Accuracy", "RootMeanSquaredError", "Score", "score_of"]

Array = npt.NDArray[Any]


class Score(ABC):
    """Scores predictions against targets.

    Attributes:
        name: of its numbers: ``validation_NAME``, ``test_NAME``.
        title: for readers.
        plural: for readers.
        sign: 1 if higher is better, -1 if lower is.
        guessing: what a network does that learned nothing, in words; a diverged run counts as doing it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    plural: ClassVar[str]
    sign: ClassVar[int]
    guessing: ClassVar[str]

    @abstractmethod
    def of(self, predictions: Array, targets: Array) -> npt.NDArray[np.float64]:
        """Return the score of sets of examples, (…,).

        Arguments:
            predictions: (…, examples, k), as `Loss.prediction` says.
            targets: (…, examples) classes, or (…, examples, outputs) real numbers.
        """

    @abstractmethod
    def of_guessing(self, dataset: Dataset, targets: Targets) -> float:
        """Return the score of a network that learned nothing, on targets (examples, …) of a data set."""


class Accuracy(Score):
    """The fraction of examples whose most probable class is the true one; the first of equally probable ones."""

    name: ClassVar[str] = "accuracy"
    title: ClassVar[str] = "accuracy"
    plural: ClassVar[str] = "accuracies"
    sign: ClassVar[int] = 1
    guessing: ClassVar[str] = "guessing"

    def of(self, predictions: Array, targets: Array) -> npt.NDArray[np.float64]:
        return np.asarray((predictions.argmax(axis=-1) == targets).mean(axis=-1))

    def of_guessing(self, dataset: Dataset, targets: Targets) -> float:
        assert dataset.classes is not None
        return 1 / dataset.classes


class RootMeanSquaredError(Score):
    """The root of the mean squared error of predicted means, over examples and outputs, in the targets' unit.

    A network that learned nothing predicts the mean of the targets: its error is their standard deviation.
    """

    name: ClassVar[str] = "rmse"
    title: ClassVar[str] = "RMSE"
    plural: ClassVar[str] = "RMSEs"
    sign: ClassVar[int] = -1
    guessing: ClassVar[str] = "predicting the mean of the targets"

    def of(self, predictions: Array, targets: Array) -> npt.NDArray[np.float64]:
        residuals = predictions[..., : targets.shape[-1]].astype(np.float64) - targets
        with np.errstate(over="ignore"):  # Of a run that is about to diverge.
            squares = np.square(residuals)
        # Contiguous, so that the order of a run's sum does not depend on how many runs there are.
        means = np.ascontiguousarray(squares).reshape(*residuals.shape[:-2], -1).mean(axis=-1)
        return np.asarray(np.sqrt(means))

    def of_guessing(self, dataset: Dataset, targets: Targets) -> float:
        return float(np.sqrt(targets.astype(np.float64).var(axis=0).mean()))


def score_of(task: Task) -> Score:
    """Return the score of a task."""
    return Accuracy() if task == "classification" else RootMeanSquaredError()
