"""Whitening: uncorrelated inputs of equal variance."""

import math
from dataclasses import dataclass

import numpy as np

from lightning_modules.checks import require_non_negative
from lightning_modules.data.preprocessing import Array, Preprocessing, Transform
from lightning_modules.data.principal_axes import PrincipalAxes

__all__ = ["Whiten"]


@dataclass(frozen=True)
class Whiten(Preprocessing):
    """``(Λ + ε)^(−1/2) Uᵀ (x − μ)`` with the training covariance ``U Λ Uᵀ``, which becomes ``Λ / (Λ + ε)``.

    Images become plain vectors, shape (features,), the direction of largest
    variance first. A direction without training variance is only centred, as
    `Standardize` does with a constant feature. Fewer directions are kept by
    ``Pipeline((PCA(k), Whiten()))``.

    Arguments:
        epsilon: ε, in the inputs' units squared; damps directions that vary less than ``√ε``, which are mostly
            noise. 0 makes the covariance the identity.

    Raises:
        InvalidInput: for a negative epsilon.

    References:
        | Optimal whitening and decorrelation (Kessy, Lewin and Strimmer, 2018)
        | https://arxiv.org/abs/1512.00809
    """

    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        require_non_negative("Whiten's epsilon", self.epsilon)

    def fit(self, inputs: Array) -> Transform:
        principal = PrincipalAxes.of(inputs)
        # Single precision inputs that depend on each other vary by their rounding: that is no variance.
        rounding = len(principal.variances) * np.finfo(np.float32).eps ** 2 * principal.variances.max()
        varies = principal.variances > rounding
        scale = 1 / np.sqrt(np.where(varies, principal.variances + self.epsilon, 1))

        def whiten(inputs: Array) -> Array:
            return principal.project(inputs, scale)

        return whiten

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (math.prod(shape),)
