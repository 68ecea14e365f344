"""Straight lines between solutions, and the barriers on them between every two of many."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.paths.along import PathValues, evenly, mixtures, require_rows
from analysis.paths.barrier import Barrier
from analysis.surface import Statistics, Surface
from lightning_modules.errors import InvalidInput

__all__ = ["BarrierMatrix", "barrier_matrix", "linear_path"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BarrierMatrix:
    """The barriers on the straight lines between every two solutions; all symmetric, zero on the diagonal.

    An entry is NaN where a loss on its line is, and on the diagonal where the
    solution's own is.

    Arguments:
        losses: by `Barrier.above_line`, (solutions, solutions).
        losses_above_mean: by `Barrier.above_mean`, (solutions, solutions).
        errors: of the fractions of errors, by `Barrier.above_line`; None for regression.
        errors_above_mean: by `Barrier.above_mean`; None for regression.
        paths: each pair's path, by the places (first, second) of its solutions, the first the smaller.
    """

    losses: Array
    losses_above_mean: Array
    errors: Array | None
    errors_above_mean: Array | None
    paths: dict[tuple[int, int], PathValues]


def linear_path(
    surface: Surface, first: Tensor, second: Tensor, points: int = 25, statistics: Statistics = "re-estimated"
) -> PathValues:
    """Return what lies on the straight line ``(1 − λ) first + λ second``, both ends included.

    Arguments:
        surface: to be evaluated.
        first: the solution at λ = 0, (parameters,).
        second: the solution at λ = 1, (parameters,).
        points: on the line, evenly.
        statistics: of batch normalization at every point; a model without it is the same by both. The ``frozen`` ones
            are the surface's, which belong to one solution at most.

    Raises:
        InvalidInput: for fewer than three points, or weights of another model.
    """
    return barrier_matrix(surface, torch.stack([first, second]), points, statistics).paths[0, 1]


def barrier_matrix(
    surface: Surface, rows: Tensor, points: int = 25, statistics: Statistics = "re-estimated"
) -> BarrierMatrix:
    """Return the barriers between every two solutions; the points of all lines are evaluated in one go.

    Arguments:
        surface: to be evaluated.
        rows: the solutions, (solutions, parameters).
        points: on each line, evenly; the ends are evaluated once a solution.
        statistics: as for `linear_path`.

    Raises:
        InvalidInput: for fewer than two solutions, fewer than three points, or weights of another model.
    """
    require_rows(surface, rows)
    count = len(rows)
    if count < 2:
        raise InvalidInput(f"Barriers need two solutions at least, and there are {count}: give more rows.")
    steps, pairs, ends = evenly(points), list(combinations(range(count), 2)), torch.eye(count, dtype=torch.float64)
    inner = steps[1:-1, None]
    between = torch.cat([(1 - inner) * ends[first] + inner * ends[second] for first, second in pairs])
    losses, errors = mixtures(surface, rows, torch.cat([ends, between]), statistics)
    paths = {
        pair: PathValues(steps.numpy(), own, None if errors is None else wrong)
        for pair, own, wrong in zip(
            pairs, _joined(losses, pairs), _joined(losses if errors is None else errors, pairs), strict=True
        )
    }
    # A line from a solution to itself has no barrier, and a solution without a loss has no line.
    alone = np.where(np.isfinite(losses[:count]), 0.0, np.nan)
    found = _square(alone, {pair: path.loss_barrier for pair, path in paths.items()})
    if errors is None:
        return BarrierMatrix(*found, None, None, paths)
    wrong = _square(alone, {pair: path.error_barrier for pair, path in paths.items() if path.error_barrier})
    return BarrierMatrix(*found, *wrong, paths)


def _joined(values: Array, pairs: list[tuple[int, int]]) -> list[Array]:
    """Return each pair's values, (points,), of those of all solutions followed by those between each pair."""
    count = pairs[-1][1] + 1
    inner = values[count:].reshape(len(pairs), -1)
    return [
        np.concatenate([values[[first]], own, values[[second]]])
        for (first, second), own in zip(pairs, inner, strict=True)
    ]


def _square(diagonal: Array, barriers: dict[tuple[int, int], Barrier]) -> tuple[Array, Array]:
    line, mean = np.diag(diagonal), np.diag(diagonal)
    for (first, second), found in barriers.items():
        line[first, second] = line[second, first] = found.above_line
        mean[first, second] = mean[second, first] = found.above_mean
    return line, mean
