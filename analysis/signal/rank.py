"""The rank of a matrix of weights above the noise of its rounding."""

import numpy as np
import numpy.typing as npt

__all__ = ["numerical_rank", "singular_values"]

Array = npt.NDArray[np.float64]


def singular_values(matrix: npt.NDArray[np.floating]) -> Array:
    """Return the singular values of a matrix (rows, columns) from the largest to the smallest, in double precision."""
    return np.asarray(np.linalg.svd(matrix.astype(np.float64), compute_uv=False))


def numerical_rank(matrix: npt.NDArray[np.floating]) -> int:
    """Return how many singular values stand out from what rounding alone makes of a matrix of lower rank.

    Rounding every number to the matrix's own precision ε moves no singular
    value by more than ``max(rows, columns) · ε · σ₁``; what lies below counts
    as 0.

    Arguments:
        matrix: (rows, columns), finite, in the precision in which it was trained.

    References:
        | Matrix computations (Golub and Van Loan, 2013), section 5.4
    """
    values = singular_values(matrix)
    noise = max(matrix.shape) * float(np.finfo(matrix.dtype).eps) * values[0]
    return int((values > noise).sum()) if values[0] > 0 else 0
