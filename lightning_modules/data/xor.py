"""Exclusive or: the smallest problem that no single unit solves."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_integer, require_non_negative
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.randomness import stream

__all__ = ["XOR"]


@dataclass(frozen=True)
class XOR(Data):
    """Points around the corners of the unit square, inputs (2,), class ``a XOR b`` of the corner (a, b).

    A line classifies at most three of the four corners, 75%; two hidden
    threshold units do all: ``(a OR b) AND NOT (a AND b)``.

    Arguments:
        examples: how many points, all four parts together; the corners are equally often to within one.
        noise: standard deviation of the Gaussian added to each coordinate; 0 puts every point on its corner,
            the truth table itself.
        seed: draws the noise; the split seed only divides the points.

    Raises:
        InvalidInput: for fewer than 40 examples or a negative noise.

    References:
        | Perceptrons (Minsky and Papert, 1969), MIT Press
    """

    examples: int = 1000
    noise: float = 0.15
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("XOR's examples", self.examples, at_least=40)
        require_non_negative("XOR's noise", self.noise)
        require_integer("XOR's seed", self.seed, at_least=0)

    def load(self) -> Dataset:
        rng = np.random.default_rng(stream("data", self.seed))
        corner = np.arange(self.examples) % 4
        first, second = corner // 2, corner % 2
        inputs = np.stack([first, second], axis=1) + self.noise * rng.normal(size=(self.examples, 2))
        return Dataset(inputs.astype(np.float32), (first ^ second).astype(np.int64), classes=2)
