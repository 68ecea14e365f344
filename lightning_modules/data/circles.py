"""A circle around a circle: a boundary that no line comes near, and that three hidden units can close."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_fraction, require_integer, require_non_negative, require_positive
from lightning_modules.data.dataset import Data, Dataset

__all__ = ["Circles"]


@dataclass(frozen=True)
class Circles(Data):
    """Two concentric circles in the plane, inputs (2,): class 0 of radius 1, class 1 of radius `factor`.

    Arguments:
        examples: how many points, all four parts together.
        noise: standard deviation of the Gaussian added to each coordinate.
        factor: radius of the inner circle, above 0 and below 1.
        seed: draws the points; the split seed only divides them.

    Raises:
        InvalidInput: for fewer than 40 examples, a negative noise or a factor outside (0, 1).
    """

    examples: int = 1000
    noise: float = 0.1
    factor: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("The circles' examples", self.examples, at_least=40)
        require_non_negative("The circles' noise", self.noise)
        require_positive("The circles' factor", self.factor)
        require_fraction("The circles' factor", self.factor)
        require_integer("The circles' seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        from sklearn.datasets import make_circles

        inputs, targets = make_circles(self.examples, noise=self.noise, factor=self.factor, random_state=self.seed)
        return Dataset(inputs.astype(np.float32), targets.astype(np.int64), classes=2)
