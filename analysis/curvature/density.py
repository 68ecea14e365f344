"""The density of all eigenvalues, by stochastic Lanczos quadrature."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.curvature.operator import Operator
from analysis.curvature.probes import rademacher
from lightning_modules.checks import require_integer

__all__ = ["SpectralDensity", "spectral_density"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SpectralDensity:
    """An estimate of how the eigenvalues of a matrix are spread.

    Arguments:
        nodes: the eigenvalues of each probe's tridiagonal matrix, (probes, steps); NaN where it ended early.
        weights: their shares, (probes, steps), each probe's sum 1; 0 where it ended early.
    """

    nodes: Array
    weights: Array

    def share_below(self, bound: float) -> tuple[float, float]:
        """Return the share of eigenvalues below a bound, with its standard error over the probes."""
        shares = (self.weights * (self.nodes < bound)).sum(axis=1)
        return float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(len(shares)))

    def on(self, grid: Array, width: float) -> tuple[Array, Array]:
        """Return the density on a grid, each node a Gaussian of so much width, and its standard error over the probes.

        Arguments:
            grid: eigenvalues, (points,).
            width: standard deviation of the Gaussians.
        """
        nodes = np.nan_to_num(self.nodes)[:, :, None]
        kernels = np.exp(-0.5 * ((grid - nodes) / width) ** 2) / (width * np.sqrt(2 * np.pi))
        each = (self.weights[:, :, None] * kernels).sum(axis=1)
        return each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each))


def spectral_density(operator: Operator, *, steps: int = 90, probes: int = 10, seed: int = 0) -> SpectralDensity:
    """Run Lanczos from several random vectors, together, with full reorthogonalisation.

    The k-th moments of the density up to 2 · steps − 1 are exact for each
    probe; what is left is the chance of the probes, which the standard errors
    tell.

    Arguments:
        operator: the matrix.
        steps: of Lanczos; no more than parameters.
        probes: how many vectors, at least 2.
        seed: of the probes.

    Raises:
        InvalidInput: for fewer than one step or two probes.

    References:
        | Fast estimation of tr(f(A)) via stochastic Lanczos quadrature (Ubaru, Chen and Saad, 2017)
        | https://doi.org/10.1137/16M1104974
        | An investigation into neural net optimization via Hessian eigenvalue density (Ghorbani et al., 2019)
        | https://arxiv.org/abs/1901.10159
    """
    require_integer("The density's steps", steps, at_least=1)
    require_integer("The density's probes", probes, at_least=2)
    steps = min(steps, operator.size)
    starts = rademacher(operator.size, seed, 0, probes) / operator.size**0.5
    diagonal, beside = _lanczos(operator, starts, steps)
    nodes, weights = np.full((probes, steps), np.nan), np.zeros((probes, steps))
    for probe in range(probes):
        ended = np.flatnonzero(beside[probe] == 0)
        length = int(ended[0]) + 1 if len(ended) else steps
        matrix = np.diag(diagonal[probe, :length])
        matrix += np.diag(beside[probe, : length - 1], 1) + np.diag(beside[probe, : length - 1], -1)
        nodes[probe, :length], vectors = np.linalg.eigh(matrix)
        weights[probe, :length] = vectors[0] ** 2
    return SpectralDensity(nodes, weights)


def _lanczos(operator: Operator, starts: Tensor, steps: int) -> tuple[Array, Array]:
    """Return the diagonals (probes, steps) and what stands beside them (probes, steps − 1); 0 where one has ended."""
    basis = torch.zeros(len(starts), steps, starts.shape[1], dtype=torch.float64)
    diagonal, beside = np.zeros((len(starts), steps)), np.zeros((len(starts), steps - 1))
    basis[:, 0] = starts
    scale = torch.zeros(len(starts), dtype=torch.float64)
    for step in range(steps):
        product = operator.products(basis[:, step]).double()
        diagonal[:, step] = (product * basis[:, step]).sum(dim=1).numpy()
        scale = torch.maximum(scale, product.norm(dim=1))
        # Twice: once leaves what rounding made of it.
        for _ in range(2):
            known = basis[:, : step + 1]
            product = product - torch.einsum("pk,pkn->pn", torch.einsum("pkn,pn->pk", known, product), known)
        if step + 1 < steps:
            length = product.norm(dim=1)
            # Nothing but rounding is left: the vectors so far span all that the matrix makes of the first.
            length[length <= 1e-10 * scale] = 0
            beside[:, step] = length.numpy()
            basis[:, step + 1] = torch.where(length[:, None] > 0, product / length.clamp(min=1e-300)[:, None], 0)
    return diagonal, beside
