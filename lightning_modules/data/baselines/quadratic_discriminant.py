"""Gaussian classes, each of its own shape."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from lightning_modules.checks import require_fraction
from lightning_modules.data.baselines.baseline import Baseline
from lightning_modules.errors import InvalidInput

__all__ = ["QuadraticDiscriminant"]


@dataclass(frozen=True)
class QuadraticDiscriminant(Baseline):
    """A Gaussian for each class with its own covariance: the boundaries are quadrics, so the classifier is not linear.

    For D inputs and C classes it has ``C·D + C·D(D+1)/2 + (C − 1)`` parameters;
    two classes have ``2D + D(D+1) + 1``.

    Arguments:
        shrinkage: of each covariance towards the unit matrix, ``(1 − s) Σ + s I``; classes that do not extend in
            every direction (constant pixels) need some.

    Raises:
        InvalidInput: for a shrinkage outside [0, 1), or on fitting, if a covariance cannot be inverted.
    """

    shrinkage: float = 0.0

    def __post_init__(self) -> None:
        require_fraction("The quadratic discriminant's shrinkage", self.shrinkage)

    def parameters(self, inputs: int, classes: int) -> int:
        return classes * inputs + classes * inputs * (inputs + 1) // 2 + classes - 1

    def estimator(self) -> Any:
        from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

        return QuadraticDiscriminantAnalysis(reg_param=self.shrinkage)

    def fit(self, inputs: Any, targets: Any) -> Any:
        try:
            # Older versions of scikit-learn warn where newer ones raise.
            with warnings.catch_warnings(action="error"):
                return super().fit(inputs, targets)
        except (np.linalg.LinAlgError, UserWarning) as error:
            raise InvalidInput(
                "The quadratic discriminant cannot invert the covariance of a class, whose examples lie in a plane:"
                " give it a shrinkage above 0, or reduce the inputs by PCA."
            ) from error
