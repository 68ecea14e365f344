"""Zero mean and unit variance, fitted on the training examples only."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Standardizer"]

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Standardizer:
    """``(x − mean) / scale``, feature by feature.

    Arguments:
        mean: (*shape,), the training mean.
        scale: (*shape,), the training standard deviation, 1 where a feature is constant.
    """

    mean: Array
    scale: Array

    @staticmethod
    def fit(inputs: Array) -> "Standardizer":
        """Fit on training inputs (examples, *shape).

        A feature that is constant over the training examples (three pixels of
        the digits are) is only centred: dividing by its zero deviation would
        turn a test example that differs there into infinity.
        """
        mean = inputs.mean(axis=0, dtype=np.float64)
        deviation = inputs.std(axis=0, dtype=np.float64)
        return Standardizer(mean.astype(np.float32), np.where(deviation > 0, deviation, 1).astype(np.float32))

    def __call__(self, inputs: Array) -> Array:
        """Return the inputs (examples, *shape) standardised."""
        return (inputs - self.mean) / self.scale
