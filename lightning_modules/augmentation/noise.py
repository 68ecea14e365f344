"""Gaussian noise on the inputs."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.augmentation.augmentation import Array, Augmentation
from lightning_modules.checks import require_non_negative

__all__ = ["Noise"]


@dataclass(frozen=True)
class Noise(Augmentation):
    """``x + σ ε`` with ε standard normal, independent for every feature and every time an example is seen.

    Added after preprocessing: on standardised inputs σ is a fraction of a
    feature's own standard deviation. To first order in σ² it penalises the
    gradient of the outputs in the inputs.

    Arguments:
        std: σ, in the units of the preprocessed inputs.

    Raises:
        InvalidInput: for a negative deviation.

    References:
        | Training with noise is equivalent to Tikhonov regularization (Bishop, 1995)
        | https://doi.org/10.1162/neco.1995.7.1.108
    """

    std: float

    def __post_init__(self) -> None:
        require_non_negative("The noise's std", self.std)

    def after_preprocessing(self, inputs: Array, rng: np.random.Generator) -> Array:
        noise = rng.standard_normal(inputs.shape, dtype=np.float32)
        return inputs + np.float32(self.std) * noise
