"""The width of a minimum: how far one can go along filter-normalised directions before the loss has risen."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.directions import filter_normalized
from analysis.inference.median import median_interval
from analysis.sharpness.point import require_point
from analysis.surface import Surface
from lightning_modules.checks import require_integer, require_positive
from lightning_modules.errors import InvalidInput

__all__ = ["Width", "width"]

Array = npt.NDArray[np.float64]

# Distances are tried in steps of the fourth root of 2 and then halved in between to five digits.
_ratio, _nearest, _halvings = 2**0.25, 1e-4, 16
_at_once = 32


@dataclass(frozen=True)
class Width:
    """The distances at which the loss has risen, along random filter-normalised directions.

    Arguments:
        rise: of the loss.
        farthest: where to stop looking.
        reaches: of each direction, in lengths of the weights of each unit, (directions,); infinite where the loss
            has not risen so much up to the farthest.
    """

    rise: float
    farthest: float
    reaches: Array

    @property
    def value(self) -> float:
        """The median over the directions; infinite if half of them do not rise so much."""
        return float(np.median(self.reaches))

    @property
    def interval(self) -> tuple[float, float] | None:
        """The order statistics between which the median lies with at least 95 %; None for fewer than six directions."""
        return median_interval(self.reaches)

    def __str__(self) -> str:
        ends = self.interval
        within = "" if ends is None else f" [{ends[0]:.3g}, {ends[1]:.3g}]"
        return f"{self.value:.3g}{within} for a rise of {self.rise:g} (median of n = {len(self.reaches)} directions)"


def width(
    surface: Surface, point: Tensor, *, rise: float = 0.1, directions: int = 20, farthest: float = 10.0, seed: int = 0
) -> Width:
    """Return how far one can go from a point until the loss has risen by a stated amount.

    A distance of 1 moves every unit by the norm of its weights. The distance
    is the first on a grid, each 19 % farther than the one before, where the
    loss is higher by `rise` or not finite, refined by bisection: a peak that
    is narrower than the grid is overlooked.

    Arguments:
        surface: of the loss.
        point: the weights, (parameters,).
        rise: of the loss, in its unit.
        directions: how many, each to one side.
        farthest: distance.
        seed: of the directions.

    Raises:
        InvalidInput: for a point of another model or whose loss is not finite, numbers not above 0, or no directions.

    References:
        | Visualizing the loss landscape of neural nets (Li et al., 2018)
        | https://arxiv.org/abs/1712.09913
    """
    require_point(surface, point)
    require_positive("The width's rise", rise)
    require_positive("The width's farthest distance", farthest)
    require_integer("The width's directions", directions, at_least=1)
    basis = filter_normalized(surface.module, point, seed, directions)
    base = float(surface.at(point, basis[:1], torch.zeros(1, 1)).losses[0])
    if not np.isfinite(base):
        raise InvalidInput("The loss at the point is not finite: there is no width to measure.")
    grid = farthest / _ratio ** np.arange(int(np.log(farthest / _nearest) / np.log(_ratio)), -1, -1)

    def risen(distances: Array, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether the loss has risen at a distance along each of the chosen directions."""
        found = []
        for start in range(0, len(chosen), _at_once):
            own = torch.from_numpy(distances[start : start + _at_once])
            losses = surface.at(point, basis[chosen[start : start + _at_once]], torch.diag(own)).losses
            found.append(~(losses - base < rise))
        return np.concatenate(found)

    low, high = np.zeros(directions), np.full(directions, np.inf)
    start = 0
    # Several distances at once: a few more points take hardly longer than one.
    while start < len(grid) and len(pending := np.flatnonzero(np.isinf(high))):
        ahead = grid[start : start + max(1, _at_once // len(pending))]
        over = risen(np.tile(ahead, len(pending)), np.repeat(pending, len(ahead))).reshape(len(pending), -1)
        first = np.where(over.any(axis=1), over.argmax(axis=1), len(ahead))
        beyond, before = first < len(ahead), first > 0
        high[pending[beyond]] = ahead[first[beyond]]
        low[pending[before]] = ahead[first[before] - 1]
        start += len(ahead)
    inside = np.flatnonzero(np.isfinite(high))
    for _ in range(_halvings if len(inside) else 0):
        middle = (low[inside] + high[inside]) / 2
        over = risen(middle, inside)
        high[inside[over]], low[inside[~over]] = middle[over], middle[~over]
    return Width(rise, farthest, np.where(np.isfinite(high), (low + high) / 2, np.inf))
