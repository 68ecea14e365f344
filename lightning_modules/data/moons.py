"""Two interleaving half circles: a two-dimensional problem whose decision boundary can be drawn."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_integer, require_non_negative
from lightning_modules.data.dataset import Data, Dataset

__all__ = ["Moons"]


@dataclass(frozen=True)
class Moons(Data):
    """Two moons in the plane, inputs (2,), two classes.

    Arguments:
        examples: how many points, all four splits together.
        noise: standard deviation of the Gaussian added to each coordinate.
        seed: draws the points; the split seed only divides them.

    Raises:
        InvalidInput: for fewer than 20 examples or a negative noise.
    """

    examples: int = 1000
    noise: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("The moons' examples", self.examples, at_least=20)
        require_non_negative("The moons' noise", self.noise)
        require_integer("The moons' seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        from sklearn.datasets import make_moons

        inputs, targets = make_moons(self.examples, noise=self.noise, random_state=self.seed)
        return Dataset(inputs.astype(np.float32), targets.astype(np.int64), classes=2)
