"""A trajectory on the plane that holds most of it, and how far the picture is from the truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from analysis.json_numbers import listed
from analysis.slice_checks import loss_checks
from analysis.slices import PlaneSlice
from analysis.surface import Statistics, Surface
from analysis.trajectories.principal import Principal, Reference, principal, share_of_random_walk
from lightning_modules.checks import require_integer, require_non_negative
from lightning_modules.errors import InvalidInput

__all__ = ["TrajectoryPlane", "trajectory_plane"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrajectoryPlane:
    """The loss on the plane of a trajectory's two principal components, with the trajectory.

    Arguments:
        plane: the slice; its marks are the projections of the points, distances in weight space from the reference.
            Batch normalization was treated alike at the points, their projections and on the grid.
        principal: the components.
        reference: what they are relative to.
        true_losses: at the points themselves, (points,).
        plane_losses: at their projections, (points,).
        checks: what one has to know to trust it, in words.
    """

    plane: PlaneSlice
    principal: Principal
    reference: Reference
    true_losses: Array
    plane_losses: Array
    checks: tuple[str, ...]

    @property
    def explained(self) -> float:
        """The share of squared distances to the reference that lies in the plane."""
        return float(self.principal.explained[:2].sum())

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON data; what is not finite is null."""
        return {
            "reference": self.reference,
            "examples": self.plane.examples,
            "statistics": self.plane.statistics,
            "explained": self.explained,
            "explained_by_component": self.principal.explained.tolist(),
            "explained_of_random_walk": share_of_random_walk(len(self.true_losses), 2, self.reference),
            "coordinates": self.principal.coordinates.tolist(),
            "residuals": self.principal.residuals.tolist(),
            "distances": self.principal.distances.tolist(),
            "true_losses": listed(self.true_losses),
            "plane_losses": listed(self.plane_losses),
            "x": self.plane.x.tolist(),
            "y": self.plane.y.tolist(),
            "losses": listed(self.plane.losses),
            "checks": list(self.checks),
        }


def trajectory_plane(
    surface: Surface,
    rows: Tensor,
    *,
    relative_to: Reference = "end",
    margin: float = 0.2,
    points: int = 51,
    statistics: Statistics = "re-estimated",
) -> TrajectoryPlane:
    """Slice the loss in the plane of a trajectory's first two principal components.

    A contour under a point is the loss at its projection, not at the point:
    both are evaluated, and a check says how far apart they are.

    Arguments:
        surface: that the training descended.
        rows: weights, (points, parameters).
        relative_to: what the components explain the differences to, see `principal`.
        margin: how far to go on around the projections, in parts of the larger of their width and height.
        points: on each side of the picture, which is a square.
        statistics: of batch normalization at every point, see `Surface.at`.

    Raises:
        InvalidInput: for fewer than three points, points that are not finite or lie on a line, weights of another
            model, or a grid of fewer than two points on a side.
    """
    require_integer("A plane's points", points, at_least=2)
    require_non_negative("A plane's margin", margin)
    if rows.dim() != 2 or rows.shape[1] != surface.layout.size:
        raise InvalidInput(
            f"A trajectory of shape {tuple(rows.shape)} is none of the model's {surface.layout.size:,} parameters:"
            " take it from Trajectory.rows."
        )
    found = principal(rows, 2, relative_to)
    x, y = (_grid(each, found.coordinates, margin, points) for each in (0, 1))
    columns, lines = np.meshgrid(x, y)
    grid = np.stack([columns.ravel(), lines.ravel()], axis=1)
    origin, coordinates = found.origin.to(surface.dtype), np.concatenate([found.coordinates, grid])
    on_plane = surface.at(origin, found.basis, torch.from_numpy(coordinates), statistics)
    # At the points themselves: each is a mixture of one row.
    true = surface.at(rows.new_zeros(rows.shape[1]), rows, torch.eye(len(rows), dtype=rows.dtype), statistics).losses
    projected, losses = np.split(on_plane.losses, [len(rows)])
    accuracies = None if on_plane.accuracies is None else on_plane.accuracies[len(rows) :].reshape(points, points)
    checks = tuple(_checks(found, relative_to, true, projected, losses, surface, statistics))
    plane = PlaneSlice(
        x,
        y,
        losses.reshape(points, points),
        accuracies,
        found.coordinates,
        checks,
        axes=("distance along the first principal component", "distance along the second principal component"),
        examples=surface.examples,
        statistics=statistics,
    )
    return TrajectoryPlane(plane, found, relative_to, true, projected, checks)


def _grid(axis: int, coordinates: Array, margin: float, points: int) -> Array:
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    reach = (0.5 + margin) * float((high - low).max())
    middle = float(low[axis] + high[axis]) / 2
    return np.linspace(middle - reach, middle + reach, points)


def _checks(
    found: Principal,
    relative_to: Reference,
    true: Array,
    projected: Array,
    losses: Array,
    surface: Surface,
    statistics: Statistics,
) -> Iterator[str]:
    count = len(true)
    share, walk = float(found.explained[:2].sum()), share_of_random_walk(count, 2, relative_to)
    of = "squared distances to the end" if relative_to == "end" else "variance"
    yield (
        f"the plane explains {_per_cent(share)} % of the path ({of}, {count} points); of a random walk of as many"
        f" points in many dimensions it would explain {_per_cent(walk)} %"
    )
    if count == 3 and relative_to == "end":
        yield "three points always lie in one plane: that it explains all says nothing"
    worst = int(np.argmax(found.residuals))
    part = found.residuals[worst] / found.distances[worst]
    yield (
        f"the point farthest off the plane, number {worst + 1}, is {found.residuals[worst]:.3g} away from it,"
        f" {_per_cent(part)} % of its distance to the {relative_to}"
    )
    yield from _fidelity(true, projected)
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in surface.module.modules()):
        yield (
            "running statistics of batch normalization are "
            + ("estimated anew at every point" if statistics == "re-estimated" else "those of one point everywhere")
        )
    yield from loss_checks(losses)


def _fidelity(true: Array, projected: Array) -> Iterator[str]:
    both = np.isfinite(true) & np.isfinite(projected)
    if not both.all():
        yield f"at {int((~both).sum())} of {len(true)} points the loss or that of the projection is not finite"
    if not both.any():
        return
    true, projected = true[both], projected[both]
    gaps = np.abs(projected - true)
    worst = int(np.argmax(gaps))
    yield (
        f"the loss at the projections differs from the true loss by up to {gaps[worst]:.3g}"
        f" (true {true[worst]:.3g}, on the plane {projected[worst]:.3g})"
    )
    if true.min() > 0 and projected.min() > 0:
        factors = np.exp(np.abs(np.log(projected / true)))
        worst = int(np.argmax(factors))
        if factors[worst] > 1.01:
            yield (
                f"as a factor it differs by up to {factors[worst]:.3g}"
                f" (true {true[worst]:.3g}, on the plane {projected[worst]:.3g})"
            )


def _per_cent(share: float) -> str:
    """Return a share in per cent: with more digits close to 100, and never rounded up to it."""
    if share >= 1 - 1e-9:
        return "100"
    return f"{100 * share:.0f}" if share < 0.99 else f"{np.floor(1e4 * share) / 100:.2f}"
