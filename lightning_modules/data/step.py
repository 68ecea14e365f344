"""The step: a jump, which smooth units can only make steep."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.sampled_function import check_sampling, sampled_function

__all__ = ["Step"]


@dataclass(frozen=True)
class Step(Data):
    """The step, 0 below 0 and 1 from 0 on, over [−1, 1), inputs (1,), one target.

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
        check_sampling("step", self.examples, self.noise, self.seed)

    def load(self) -> Dataset:
        return sampled_function(_step, -1, 1, examples=self.examples, noise=self.noise, seed=self.seed)


def _step(inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.heaviside(inputs, 1.0)
