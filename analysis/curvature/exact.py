"""The exact spectrum of a small network, and the index that it gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.curvature.hessian import Hessian
from analysis.curvature.operator import dense
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput

__all__ = ["ExactSpectrum", "exact_spectrum", "most_parameters"]

most_parameters = 10_000
"""Beyond, the matrix takes more than 0.8 GB and its eigenvalues more than minutes."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ExactSpectrum:
    """All eigenvalues of a Hessian.

    Arguments:
        values: ascending, (parameters,).
    """

    values: Array

    @property
    def trace(self) -> float:
        """The sum of all."""
        return float(self.values.sum())

    def index(self, epsilons: Array) -> Array:
        """Return the share of eigenvalues below −ε, for each ε ≥ 0, (epsilons,).

        It depends on ε: among thousands of eigenvalues that are zero but for
        rounding half are negative. Show it over a range.
        """
        return np.searchsorted(self.values, -np.asarray(epsilons), side="left") / len(self.values)


def exact_spectrum(surface: Surface, point: Tensor) -> ExactSpectrum:
    """Return all eigenvalues of the Hessian, symmetrised, in double precision.

    Arguments:
        surface: in float64; in single precision small eigenvalues are rounding.
        point: the weights, (parameters,), at most 10,000.

    Raises:
        InvalidInput: for another precision, too many parameters, or a loss that is not finite there.
    """
    if surface.dtype != torch.float64:
        raise InvalidInput("The exact spectrum needs double precision: make the surface with dtype=torch.float64.")
    if len(point) > most_parameters:
        raise InvalidInput(
            f"The exact spectrum is for at most {most_parameters:,} parameters, these are {len(point):,}:"
            " take eigenpairs and the spectral density."
        )
    matrix = dense(Hessian(surface, point))
    if not np.isfinite(matrix).all():
        raise InvalidInput("The loss has no finite second derivatives at these weights: choose a run that converged.")
    return ExactSpectrum(np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64))
