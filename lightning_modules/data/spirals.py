"""Interleaved spirals: a two-dimensional problem that needs many bends of the boundary."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_integer, require_non_negative, require_positive
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.randomness import stream

__all__ = ["Spirals"]


@dataclass(frozen=True)
class Spirals(Data):
    """Archimedean spirals around the origin, inputs (2,), one arm for each class.

    A point of class k at distance r from the origin has the angle
    ``2π (turns · r + k / classes)``; r is uniform in [0, 1] before the noise.

    Arguments:
        examples: how many points, all four parts together; the classes are equally large to within one.
        classes: how many arms.
        turns: how often an arm winds around the origin.
        noise: standard deviation of the Gaussian added to each coordinate; neighbouring arms are
            ``1 / (turns · classes)`` apart.
        seed: draws the points; the split seed only divides them.

    Raises:
        InvalidInput: for fewer than 2 classes, fewer than 20 examples a class, turns not above 0 or a negative noise.

    References:
        | Learning to tell two spirals apart (Lang and Witbrock, 1988), Proceedings of the Connectionist Models
        | Summer School
    """

    examples: int = 1000
    classes: int = 2
    turns: float = 1.5
    noise: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("The spirals' classes", self.classes, at_least=2)
        require_integer("The spirals' examples", self.examples, at_least=20 * self.classes)
        require_positive("The spirals' turns", self.turns)
        require_non_negative("The spirals' noise", self.noise)
        require_integer("The spirals' seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        rng = np.random.default_rng(stream("data", self.seed))
        targets = np.arange(self.examples) % self.classes
        radius = rng.uniform(size=self.examples)
        angle = 2 * np.pi * (self.turns * radius + targets / self.classes)
        inputs = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        inputs += self.noise * rng.normal(size=inputs.shape)
        return Dataset(inputs.astype(np.float32), targets.astype(np.int64), self.classes)
