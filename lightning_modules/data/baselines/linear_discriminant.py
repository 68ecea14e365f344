"""Gaussian classes of one shape."""

from dataclasses import dataclass
from typing import Any

from lightning_modules.data.baselines.baseline import Baseline

__all__ = ["LinearDiscriminant"]


@dataclass(frozen=True)
class LinearDiscriminant(Baseline):
    """A Gaussian for each class, all with one covariance: the boundaries are linear.

    For D inputs and C classes it has ``C·D + D(D+1)/2 + (C − 1)`` parameters,
    means, covariance and priors; two classes have ``2D + D(D+1)/2 + 1``.

    References:
        | The use of multiple measurements in taxonomic problems (Fisher, 1936)
        | https://doi.org/10.1111/j.1469-1809.1936.tb02137.x
    """

    def parameters(self, inputs: int, classes: int) -> int:
        return classes * inputs + inputs * (inputs + 1) // 2 + classes - 1

    def estimator(self) -> Any:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        return LinearDiscriminantAnalysis()
