"""What a baseline is, and what comes of it on a data set."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from lightning_modules.data.dataset import Data, Examples
from lightning_modules.data.preprocessing import Preprocessing
from lightning_modules.data.split import split
from lightning_modules.errors import InvalidInput

__all__ = ["Baseline", "BaselineResult"]


@dataclass(frozen=True)
class BaselineResult:
    """What a baseline reached.

    Arguments:
        test_accuracy: on the test part of the split.
        parameters: how many free numbers were fitted.
    """

    test_accuracy: float
    parameters: int


class Baseline(ABC):
    """A classifier that is fitted, not trained by steps; subclasses are frozen dataclasses of its settings."""

    @abstractmethod
    def parameters(self, inputs: int, classes: int) -> int:
        """Return the number of free parameters for so many inputs and classes, the prior probabilities included."""

    @abstractmethod
    def estimator(self) -> Any:
        """Return a new scikit-learn classifier."""

    def evaluate(self, data: Data, preprocessing: Preprocessing, split_seed: int) -> BaselineResult:
        """Fit on what networks train on, and test on what they are tested on.

        Arguments:
            data: for classification.
            preprocessing: of its inputs, fitted on what is trained on.
            split_seed: divides the data set.

        Raises:
            InvalidInput: for real targets, or training inputs that the classifier cannot be fitted to.
        """
        dataset = data.load()
        if dataset.classes is None:
            raise InvalidInput(f"{type(self).__name__} tells classes apart, and the data set has real targets.")
        division = split(dataset, split_seed)
        train = data.training(Examples(division.train, dataset.targets[division.train]), dataset, split_seed)
        transform = preprocessing.fit(dataset.inputs[train.rows])
        inputs, tests = (
            transform(dataset.inputs[rows]).reshape(len(rows), -1).astype("float64")
            for rows in (train.rows, division.test)
        )
        fitted = self.fit(inputs, train.targets)
        accuracy = float((fitted.predict(tests) == dataset.targets[division.test]).mean())
        return BaselineResult(accuracy, self.parameters(inputs.shape[1], dataset.classes))

    def fit(self, inputs: Any, targets: Any) -> Any:
        """Return the classifier fitted to inputs (examples, features) and classes (examples,)."""
        return self.estimator().fit(inputs, targets)
