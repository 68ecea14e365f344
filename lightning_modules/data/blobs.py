"""Gaussian clusters: the problem for which a linear classifier is the best there is."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_integer, require_non_negative
from lightning_modules.data.dataset import Data, Dataset

__all__ = ["Blobs"]


@dataclass(frozen=True)
class Blobs(Data):
    """One isotropic Gaussian cluster for each class, its centre uniform in the cube [−10, 10]^features.

    All clusters have the same covariance, so that the Bayes-optimal boundaries
    are hyperplanes.

    Arguments:
        examples: how many points, all four parts together; the classes are equally large to within one.
        classes: how many clusters.
        features: coordinates of a point, inputs (features,).
        spread: standard deviation of a cluster in each coordinate.
        seed: draws the centres and the points; the split seed only divides them.

    Raises:
        InvalidInput: for fewer than 2 classes, fewer than 20 examples a class, no feature or a negative spread.
    """

    examples: int = 1000
    classes: int = 3
    features: int = 2
    spread: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("The blobs' classes", self.classes, at_least=2)
        require_integer("The blobs' examples", self.examples, at_least=20 * self.classes)
        require_integer("The blobs' features", self.features, at_least=1)
        require_non_negative("The blobs' spread", self.spread)
        require_integer("The blobs' seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        from sklearn.datasets import make_blobs

        inputs, targets = make_blobs(
            self.examples, self.features, centers=self.classes, cluster_std=self.spread, random_state=self.seed
        )
        return Dataset(inputs.astype(np.float32), targets.astype(np.int64), self.classes)
