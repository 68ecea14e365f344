"""Line searches of many runs, side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lightning_modules.optimizers.cubic_interpolation import Point
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.strong_wolfe import Search

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["search_lines"]


def search_lines(
    objective: Objective, searches: Sequence[Search], runs: "Tensor", weights: "Tensor", direction: "Tensor"
) -> tuple[list[Point], list[int]]:
    """Return the point that each search ends at, and how often it evaluated the objective.

    Each search goes its own way; what they ask for at one time is evaluated
    together, and a search that has ended costs nothing.

    Arguments:
        objective: what is searched.
        searches: one a row.
        runs: the place in the stack of each row's run, (rows,).
        weights: at step 0, (rows, parameters).
        direction: (rows, parameters).
    """
    import torch

    ends: list[Point] = [None] * len(searches)  # type: ignore[list-item] # each search ends at a point
    counts = [0] * len(searches)
    wanted = {row: next(search) for row, search in enumerate(searches)}
    while wanted:
        rows = torch.tensor(list(wanted), device=runs.device)
        steps = torch.tensor(list(wanted.values()), dtype=weights.dtype, device=weights.device)[:, None]
        along = direction[rows]
        losses, gradient = objective.value_and_gradient(torch.addcmul(weights[rows], along, steps), runs[rows])
        slopes = torch.linalg.vecdot(gradient, along)
        known = zip(wanted.items(), losses.tolist(), slopes.tolist(), gradient.clone(), strict=True)
        wanted = {}
        for (row, step), loss, slope, own in known:
            counts[row] += 1
            try:
                wanted[row] = searches[row].send(Point(step, loss, slope, own))
            except StopIteration as end:
                ends[row] = end.value
    return ends, counts
