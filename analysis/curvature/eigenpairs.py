"""The largest and the smallest eigenvalues, with what is left of the equation that they solve."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from analysis.curvature.operator import Operator
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.randomness import stream

__all__ = ["Eigenpairs", "eigenpairs"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Eigenpairs:
    """Eigenvalues from one end of a spectrum.

    Arguments:
        values: the outermost first, (count,).
        vectors: of unit length, (count, parameters).
        residuals: ``‖H v − λ v‖`` of each, (count,); an exact eigenvalue lies no farther than that from λ.
    """

    values: Array
    vectors: Array
    residuals: Array


def eigenpairs(
    operator: Operator,
    count: int = 10,
    end: Literal["top", "bottom"] = "top",
    *,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> Eigenpairs:
    """Return eigenvalues from an end of the spectrum by the implicitly restarted Lanczos method.

    Arguments:
        operator: the matrix.
        count: how many, below the number of parameters.
        end: ``top`` for the largest, ``bottom`` for the smallest (the most negative).
        tolerance: relative, of the values.
        seed: of the vector to start with.

    Raises:
        InvalidInput: for a count below 1 or too large, or if the method does not converge.

    References:
        | ARPACK users' guide (Lehoucq, Sorensen and Yang, 1998)
        | https://doi.org/10.1137/1.9780898719628
    """
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    require_integer("The number of eigenvalues", count, at_least=1)
    if count >= operator.size:
        raise InvalidInput(f"{count} eigenvalues of {operator.size} parameters are too many: take the exact spectrum.")

    def multiply(vector: Array) -> Array:
        found: Array = operator.product(torch.from_numpy(np.ascontiguousarray(vector).reshape(-1))).double().numpy()
        return found

    start = np.random.default_rng(stream("lanczos", seed)).standard_normal(operator.size)
    matrix = LinearOperator((operator.size, operator.size), matvec=multiply, dtype=np.float64)
    try:
        values, vectors = eigsh(matrix, k=count, which="LA" if end == "top" else "SA", v0=start, tol=tolerance)
    except ArpackError as error:
        raise InvalidInput(
            f"The {end} {count} eigenvalues were not found ({error}): ask for fewer, or for a larger tolerance."
        ) from error
    order = np.argsort(values)[::-1] if end == "top" else np.argsort(values)
    values, vectors = values[order], vectors[:, order].T
    products = operator.products(torch.from_numpy(np.ascontiguousarray(vectors))).double().numpy()
    return Eigenpairs(values, vectors, np.linalg.norm(products - values[:, None] * vectors, axis=1))
