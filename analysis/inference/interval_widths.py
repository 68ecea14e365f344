"""How wide an interval so many seeds give, and how often one that holds some streams of luck still misses the mean."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.estimate import confidence, t_ends
from lightning_modules.errors import InvalidInput

__all__ = ["blocks", "expected_half_width", "half_widths", "one_stream_coverage"]

Array = npt.NDArray[np.float64]


def blocks(values: Sequence[float], count: int) -> Array:
    """Return disjoint blocks of so many values in their order, (blocks, count); what is left over is left out.

    Raises:
        InvalidInput: for fewer than two values a block, or fewer values than one block.
    """
    if not 2 <= count <= len(values):
        raise InvalidInput(f"{len(values)} values make no blocks of {count}: give two a block at least, and enough.")
    whole = len(values) // count * count
    return np.asarray(values[:whole], dtype=np.float64).reshape(-1, count)


def half_widths(values: Sequence[float], count: int) -> Array:
    """Return half the width of Student's 95 % interval of each disjoint block of so many seeds, (blocks,).

    Arguments:
        values: one a seed, each with luck of its own in every stream.
        count: seeds of a block.
    """
    ends = np.array([t_ends(block) for block in blocks(values, count)])
    return np.asarray((ends[:, 1] - ends[:, 0]) / 2)


def expected_half_width(deviation: float, count: int) -> float:
    """Return ``t c s / √n``, the mean half width of Student's interval of n normal values of deviation s.

    c = ``√(2 / (n − 1)) Γ(n / 2) / Γ((n − 1) / 2)`` is by how much a deviation of
    n values falls short of s on average.

    Arguments:
        deviation: s.
        count: n, two or more.
    """
    from scipy.special import gammaln, stdtrit

    short = np.sqrt(2 / (count - 1)) * np.exp(gammaln(count / 2) - gammaln((count - 1) / 2))
    return float(stdtrit(count - 1, (1 + confidence) / 2) * short * deviation / np.sqrt(count))


def one_stream_coverage(values: Array, axis: int, mean: float) -> float:
    """Return how often an interval of runs that differ in one stream holds the mean over all streams.

    At every combination of the other streams' seeds stands Student's 95 %
    interval of the runs along `axis`. Were the other streams without effect it
    would hold the mean of all runs 95 times of 100; the luck that all runs of
    an interval share is not in its width, so it holds it less often.

    Arguments:
        values: of crossed runs, an axis a stream; a part of them.
        axis: the stream that varies.
        mean: over all streams.

    References:
        | Accounting for variance in machine learning benchmarks (Bouthillier et al., 2021)
        | https://arxiv.org/abs/2103.03098
    """
    rows = np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis])
    ends = np.array([t_ends(row) for row in rows])
    return float(((ends[:, 0] <= mean) & (mean <= ends[:, 1])).mean())
