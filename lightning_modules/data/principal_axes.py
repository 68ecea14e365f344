"""The directions in which inputs vary, for PCA and whitening."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.data.preprocessing import Array

__all__ = ["PrincipalAxes"]

Matrix = npt.NDArray[np.float64]

# Examples in double precision at once: all of a large data set would take gigabytes.
_block = 4096


@dataclass(frozen=True)
class PrincipalAxes:
    """The eigenvectors of the covariance ``1/n Σ (x − μ)(x − μ)ᵀ`` of flattened inputs, by decreasing variance.

    Arguments:
        mean: μ, (features,).
        variances: the eigenvalues, (features,).
        axes: the eigenvectors as columns, (features, features); the largest entry of each is positive.
    """

    mean: Matrix
    variances: Matrix
    axes: Matrix

    @staticmethod
    def of(inputs: Array) -> "PrincipalAxes":
        """Return the axes of inputs (examples, *shape)."""
        count = len(inputs)
        mean = inputs.reshape(count, -1).mean(axis=0, dtype=np.float64)
        covariance = np.zeros((len(mean), len(mean)))
        for block in _flat_blocks(inputs):
            block -= mean
            covariance += block.T @ block
        variances, axes = np.linalg.eigh(covariance / count)
        variances, axes = variances[::-1], axes[:, ::-1]
        largest = axes[np.abs(axes).argmax(axis=0), np.arange(len(mean))]
        return PrincipalAxes(mean, variances, axes * np.sign(largest))

    def project(self, inputs: Array, scale: Matrix) -> Array:
        """Return the coordinates of inputs (examples, *shape) along the first axes, (examples, axes).

        Arguments:
            inputs: as raw as those of `of`.
            scale: a factor for each of the axes that are kept, (axes,).
        """
        matrix = self.axes[:, : len(scale)] * scale
        return np.concatenate([((block - self.mean) @ matrix).astype(np.float32) for block in _flat_blocks(inputs)])


def _flat_blocks(inputs: Array) -> Iterator[Matrix]:
    """Yield the inputs in double precision, (at most a block, features)."""
    for start in range(0, len(inputs), _block):
        block = inputs[start : start + _block]
        yield block.reshape(len(block), -1).astype(np.float64)
