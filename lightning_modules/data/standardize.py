"""Zero mean and unit variance, feature by feature."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.data.preprocessing import Array, Preprocessing, Transform

__all__ = ["Standardize"]


@dataclass(frozen=True)
class Standardize(Preprocessing):
    """``(x − μ) / σ`` with the training mean and the training standard deviation of each feature.

    A feature that is constant over the training examples (three pixels of the
    digits are) is only centred: dividing by its zero deviation would turn a
    test example that differs there into infinity.
    """

    def fit(self, inputs: Array) -> Transform:
        mean: Array = inputs.mean(axis=0, dtype=np.float64).astype(np.float32)
        deviation = inputs.std(axis=0, dtype=np.float64)
        scale: Array = np.where(deviation > 0, deviation, 1).astype(np.float32)

        def standardize(inputs: Array) -> Array:
            result: Array = (inputs - mean) / scale
            return result

        return standardize
