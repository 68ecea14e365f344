"""Fewer training examples, at the same validation and test examples."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_integer
from lightning_modules.data.dataset import Data, Dataset, Examples, Targets
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream

__all__ = ["Subset"]


@dataclass(frozen=True)
class Subset(Data):
    """A data set of which only some examples of the training part are trained on, any classes in equal shares.

    The training examples are put in one random order whose every beginning is
    stratified, and the first are taken: at the same seeds a smaller subset is
    part of a larger one, and each split draws its own.

    Arguments:
        data: the whole data set.
        examples: how many training examples are kept.
        seed: draws the order, together with the split seed.

    Raises:
        InvalidInput: for data that is no data set, for no example, or on training for more examples than the
            training part has.
    """

    data: Data
    examples: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data, Data):
            raise InvalidInput(f"The subset's data is {self.data!r}: give a data set, such as Digits().")
        require_integer("The subset's examples", self.examples, at_least=1)
        require_integer("The subset's seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        return self.data.load()

    @property
    def source(self) -> Data:
        return self.data.source

    def training(self, examples: Examples, dataset: Dataset, split_seed: int) -> Examples:
        examples = self.data.training(examples, dataset, split_seed)
        count = len(examples.rows)
        if self.examples > count:
            raise InvalidInput(
                f"A subset of {self.examples} training examples cannot be taken from {count}: give at most {count}."
            )
        order = np.random.default_rng(stream("subset", self.seed, split_seed)).permutation(count)
        if dataset.classes is not None:
            order = order[np.argsort(_places(examples.targets[order]), kind="stable")]
        chosen = np.sort(order[: self.examples])
        return Examples(examples.rows[chosen], examples.targets[chosen])


def _places(targets: Targets) -> npt.NDArray[np.float64]:
    """Return where in (0, 1) each example stands among those of its class, so that sorting by it mixes the classes."""
    places = np.empty(len(targets))
    for label in np.unique(targets):
        own = np.flatnonzero(targets == label)
        places[own] = (np.arange(len(own)) + 0.5) / len(own)
    return places
