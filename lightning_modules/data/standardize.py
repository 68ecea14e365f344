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
        # One wide copy, worked on in place: in large arrays every pass through memory counts.
        wide = inputs.astype(np.float64)
        mean = wide.mean(axis=0)
        wide -= mean
        deviation = np.sqrt(np.square(wide, out=wide).mean(axis=0))
        centre: Array = mean.astype(np.float32)
        scale: Array = np.where(deviation > 0, deviation, 1).astype(np.float32)

        def standardize(inputs: Array) -> Array:
            result: Array = inputs - centre
            result /= scale
            return result

        return standardize
