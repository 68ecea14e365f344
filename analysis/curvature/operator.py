"""What is known of a matrix of second derivatives: what it makes of vectors."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.own_threads import own_threads

__all__ = ["Operator", "dense"]

Matrix = npt.NDArray[np.float64]

_rows = 256


class Operator(ABC):
    """A symmetric matrix (parameters, parameters) that is known by its products.

    Attributes:
        size: its rows.
        dtype: of its products.
    """

    size: int
    dtype: torch.dtype

    @abstractmethod
    def product(self, vector: Tensor) -> Tensor:
        """Return the product with a vector (parameters,)."""

    def products(self, vectors: Tensor) -> Tensor:
        """Return the products with several vectors, (vectors, parameters).

        Every thread that torch may use takes vectors of its own. One backward
        pass of autograd for many vectors, which ``vmap`` would make, is slower
        (3.8 ms a vector instead of 2.5 ms for a 64-50-26-10 MLP on the digits, in
        double precision), and its memory grows with their number.
        """
        with own_threads() as threads:
            return torch.stack(list(threads.map(self.product, vectors)))


def dense(operator: Operator) -> Matrix:
    """Return the whole matrix, symmetrised, (parameters, parameters).

    Arguments:
        operator: of a few thousand parameters; the matrix of N takes 8 N² bytes.
    """
    rows = []
    for start in range(0, operator.size, _rows):
        count = min(_rows, operator.size - start)
        unit = torch.zeros(count, operator.size, dtype=operator.dtype)
        unit[torch.arange(count), start + torch.arange(count)] = 1
        rows.append(operator.products(unit).double())
    matrix = torch.cat(rows)
    symmetric: Matrix = ((matrix + matrix.T) / 2).numpy()
    return symmetric
