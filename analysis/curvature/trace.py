"""The trace of a matrix of which only products are known, with its standard error."""

import math
from dataclasses import dataclass

import numpy as np

from analysis.curvature.operator import Operator
from analysis.curvature.probes import rademacher
from lightning_modules.checks import require_integer, require_positive

__all__ = ["Trace", "trace"]

_fewest = 10


@dataclass(frozen=True)
class Trace:
    """An estimate of a trace.

    Arguments:
        value: the mean over the probes.
        standard_error: of it, over the probes.
        probes: how many.
        settled: whether the standard error came below the tolerance that was asked for.
    """

    value: float
    standard_error: float
    probes: int
    settled: bool


def trace(operator: Operator, *, tolerance: float = 0.01, most_probes: int = 1000, seed: int = 0) -> Trace:
    """Return the mean of ``zᵀ H z`` over vectors z of random signs, of as many as the tolerance needs.

    It stops where the standard error is below `tolerance` times the mean, and
    not before the tenth probe: rules that watch the running mean stop early by
    chance.

    Arguments:
        operator: the matrix.
        tolerance: of the relative standard error.
        most_probes: where to give up; the standard error then says how far it got.
        seed: of the probes.

    Raises:
        InvalidInput: for a tolerance not above 0, or fewer than ten probes.

    References:
        | A stochastic estimator of the trace of the influence matrix (Hutchinson, 1989)
        | https://doi.org/10.1080/03610918908812806
    """
    require_positive("The trace's tolerance", tolerance)
    require_integer("The trace's most_probes", most_probes, at_least=_fewest)
    values: list[float] = []
    while True:
        probes = rademacher(operator.size, seed, len(values), min(_fewest, most_probes - len(values)))
        values += (probes * operator.products(probes).double()).sum(dim=1).tolist()
        mean = math.fsum(values) / len(values)
        error = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
        settled = len(values) >= _fewest and error <= tolerance * abs(mean)
        if settled or len(values) >= most_probes:
            return Trace(mean, error, len(values), settled)
