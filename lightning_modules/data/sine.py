"""One period of the sine: a smooth function that rises and falls."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.sampled_function import check_sampling, sampled_function

__all__ = ["Sine"]


@dataclass(frozen=True)
class Sine(Data):
    """``sin x`` over one period, [−π, π), inputs (1,), one target.

    Arguments:
        examples: how many points, all four parts together.
        noise: standard deviation of the Gaussian added to each target.
        seed: draws the points; the split seed only divides them.

    Raises:
        InvalidInput: for fewer than 20 examples or a negative noise.

    References:
        | Pattern recognition and machine learning (Bishop, 2006), section 5.1
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/
    """

    examples: int = 200
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_sampling("sine", self.examples, self.noise, self.seed)

    def load(self) -> Dataset:
        return sampled_function(np.sin, -np.pi, np.pi, examples=self.examples, noise=self.noise, seed=self.seed)
