"""The sawtooth: easy for depth, hard for width."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_integer
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.sampled_function import check_sampling, sampled_function

__all__ = ["Sawtooth"]


@dataclass(frozen=True)
class Sawtooth(Data):
    """``m(m(…m(x)))`` over [0, 1) with the fold ``m(x) = 1 − |2x − 1|``, inputs (1,), one target.

    Folding k times makes ``2^(k−1)`` teeth. Two ReLU units a layer and k layers
    are enough for them; a single hidden layer needs a unit for each of the
    ``2^k`` pieces but one.

    Arguments:
        folds: k.
        examples: how many points, all four parts together.
        noise: standard deviation of the Gaussian added to each target.
        seed: draws the points; the split seed only divides them.

    Raises:
        InvalidInput: for no fold, fewer than 20 examples or a negative noise.

    References:
        | Benefits of depth in neural networks (Telgarsky, 2016)
        | https://arxiv.org/abs/1602.04485
    """

    folds: int = 3
    examples: int = 1000
    noise: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        require_integer("The sawtooth's folds", self.folds, at_least=1)
        check_sampling("sawtooth", self.examples, self.noise, self.seed)

    def load(self) -> Dataset:
        return sampled_function(self._value, 0, 1, examples=self.examples, noise=self.noise, seed=self.seed)

    def _value(self, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        for _ in range(self.folds):
            inputs = 1 - np.abs(2 * inputs - 1)
        return inputs
