"""The loss along paths of weights that are mixtures of a few."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.paths.barrier import Barrier, barrier, require_path
from analysis.surface import Statistics, Surface
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput

__all__ = ["PathValues", "evenly", "mixtures", "require_rows"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PathValues:
    """What a path of weights goes through, from one solution to another.

    Arguments:
        steps: λ, from 0 to 1, (points,).
        losses: means over the examples, (points,); not finite where the network's outputs are not.
        errors: fractions of the examples, (points,); NaN where the loss is; None for regression.

    Raises:
        InvalidInput: unless the steps rise from 0 to 1, with a value for each.
    """

    steps: Array
    losses: Array
    errors: Array | None

    def __post_init__(self) -> None:
        require_path(self.steps, self.losses)
        if self.errors is not None:
            require_path(self.steps, self.errors)

    @property
    def loss_barrier(self) -> Barrier:
        """The barrier of the loss."""
        return barrier(self.steps, self.losses)

    @property
    def error_barrier(self) -> Barrier | None:
        """The barrier of the error; None for regression."""
        return None if self.errors is None else barrier(self.steps, self.errors)


def evenly(points: int) -> Tensor:
    """Return λ from 0 to 1 with both ends, (points,).

    Raises:
        InvalidInput: for fewer than three points, which have none between the ends.
    """
    require_integer("A path's points", points, at_least=3)
    return torch.linspace(0, 1, points, dtype=torch.float64)


def mixtures(
    surface: Surface, rows: Tensor, shares: Tensor, statistics: Statistics = "re-estimated"
) -> tuple[Array, Array | None]:
    """Return the losses (points,) and the errors (points,), None for regression, at the points ``shares @ rows``.

    A point that is one of the rows alone is that row to the last bit. A row
    that is not finite has no loss, and neither has a mixture with it; those
    without it are not touched by it.

    Arguments:
        surface: to be evaluated.
        rows: weights, (rows, parameters).
        shares: of each row in each point, (points, rows).
        statistics: of batch normalization at every point, see `Surface.at`.
    """
    finite = rows.isfinite().all(dim=1)
    values = surface.at(
        rows.new_zeros(rows.shape[1]), torch.where(finite[:, None], rows, 0.0), shares.to(rows.dtype), statistics
    )
    lost = (shares[:, ~finite] != 0).any(dim=1).numpy()
    losses = np.where(lost, np.nan, values.losses)
    if values.accuracies is None:
        return losses, None
    return losses, np.where(lost, np.nan, 1 - values.accuracies)


def require_rows(surface: Surface, rows: Tensor) -> None:
    """Raise `InvalidInput` unless rows (rows, parameters) are weights of the surface's model."""
    if rows.dim() != 2 or rows.shape[1] != surface.layout.size:
        raise InvalidInput(
            f"Weights of shape {tuple(rows.shape)} are not rows of the model's {surface.layout.size:,} parameters:"
            " take them from Surface.row."
        )
