"""Wrong labels in the training part: what a network can learn by heart and must not be rewarded for."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_fraction, require_integer
from lightning_modules.data.dataset import Data, Dataset, Examples
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream

__all__ = ["LabelNoise"]


@dataclass(frozen=True)
class LabelNoise(Data):
    """A data set of which a fraction of the training labels is changed; validation, calibration and test stay clean.

    Exactly ``round(fraction · training examples)`` of them get one of the other
    classes, each as likely. At ``(classes − 1) / classes`` the labels say
    nothing about the inputs. At the same seeds a smaller fraction is part of a
    larger one, with the same wrong labels, and each split draws its own.

    Arguments:
        data: with the right labels; wrap a `Subset`, so that the fraction is one of what is kept.
        fraction: of the training examples, in [0, 1).
        seed: draws who is changed and to what, together with the split seed.

    Raises:
        InvalidInput: for data that is no data set, a fraction outside [0, 1), or on training, real targets.

    References:
        | Understanding deep learning requires rethinking generalization (Zhang et al., 2017)
        | https://arxiv.org/abs/1611.03530
    """

    data: Data
    fraction: float
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.data, Data):
            raise InvalidInput(f"The label noise's data is {self.data!r}: give a data set, such as Digits().")
        require_fraction("The label noise's fraction", self.fraction)
        require_integer("The label noise's seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        return self.data.load()

    @property
    def source(self) -> Data:
        return self.data.source

    def training(self, examples: Examples, dataset: Dataset, split_seed: int) -> Examples:
        examples = self.data.training(examples, dataset, split_seed)
        if dataset.classes is None:
            raise InvalidInput("Label noise changes classes, and the data set has real targets: leave it out.")
        count = len(examples.rows)
        rng = np.random.default_rng(stream("labels", self.seed, split_seed))
        order, step = rng.permutation(count), rng.integers(1, dataset.classes, count)
        wrong = order[: round(self.fraction * count)]
        targets = examples.targets.copy()
        targets[wrong] = (targets[wrong] + step[wrong]) % dataset.classes
        return Examples(examples.rows, targets)
