"""Slices of the loss surface: along lines and in planes, around one solution and through several."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.directions import filter_normalized
from analysis.slice_checks import cosine_check, loss_checks
from analysis.surface import Surface
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput

__all__ = ["LineSlice", "PlaneSlice", "line_between", "plane_through", "random_line", "random_plane"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LineSlice:
    """Loss, and for classes the accuracy, along lines.

    Arguments:
        steps: where on a line, (points,).
        losses: on the training set, (lines, points); not finite where the network's outputs are not.
        accuracies: fractions, (lines, points); None for regression.
        marks: the steps at which solutions lie, (solutions,).
        checks: what one has to know to trust it, in words.
    """

    steps: Array
    losses: Array
    accuracies: Array | None
    marks: Array
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlaneSlice:
    """Loss, and for classes the accuracy, on a grid in a plane.

    Arguments:
        x: first coordinate of the columns, (columns,).
        y: second coordinate of the rows, (rows,).
        losses: on the training set, (rows, columns); not finite where the network's outputs are not.
        accuracies: fractions, (rows, columns); None for regression.
        marks: the coordinates of solutions, (solutions, 2).
        checks: what one has to know to trust it, in words.
    """

    x: Array
    y: Array
    losses: Array
    accuracies: Array | None
    marks: Array
    checks: tuple[str, ...] = ()


def random_line(
    surface: Surface, center: Tensor, *, seed: int, directions: int = 3, reach: float = 1.0, points: int = 51
) -> LineSlice:
    """Slice along random filter-normalised directions; a step of 1 moves every unit by the norm of its weights.

    Arguments:
        surface: to be sliced.
        center: the solution at step 0, (parameters,).
        seed: of the directions.
        directions: how many lines, so that one can see how much the picture depends on chance.
        reach: the line goes from -reach to reach.
        points: on each line.

    Raises:
        InvalidInput: for fewer than two points.
    """
    steps = _grid(-reach, reach, points)
    basis = filter_normalized(surface.module, center, seed, directions)
    coordinates = torch.kron(torch.eye(directions, dtype=torch.float64), steps[:, None])
    return _line(surface, center, basis, coordinates, steps, np.zeros(1))


def random_plane(surface: Surface, center: Tensor, *, seed: int, reach: float = 1.0, points: int = 51) -> PlaneSlice:
    """Slice in the plane of two random filter-normalised directions; coordinates as the steps of `random_line`.

    Arguments:
        surface: to be sliced.
        center: the solution at (0, 0), (parameters,).
        seed: of the directions.
        reach: both coordinates go from -reach to reach.
        points: on each side.

    Raises:
        InvalidInput: for fewer than two points.
    """
    steps = _grid(-reach, reach, points)
    basis = filter_normalized(surface.module, center, seed, 2)
    return _plane(surface, center, basis, steps, steps, np.zeros((1, 2)))


def line_between(
    surface: Surface, first: Tensor, second: Tensor, *, margin: float = 0.25, points: int = 51
) -> LineSlice:
    """Slice along the line ``(1 − λ) first + λ second``, λ from -margin to 1 + margin.

    Arguments:
        surface: to be sliced.
        first: the solution at λ = 0, (parameters,).
        second: the solution at λ = 1, (parameters,).
        margin: how far to go on beyond both.
        points: on the line.

    Raises:
        InvalidInput: for fewer than two points.
    """
    steps = _grid(-margin, 1 + margin, points)
    return _line(surface, first, (second - first)[None], steps[:, None], steps, np.array([0.0, 1.0]))


def plane_through(
    surface: Surface, first: Tensor, second: Tensor, third: Tensor, *, margin: float = 0.3, points: int = 51
) -> PlaneSlice:
    """Slice in the plane through three solutions, coordinates in units of distance in weight space.

    The first lies in the origin, the second on the positive x axis, the third
    above it; the axes are orthonormal, so distances and angles in the picture
    are those between the weights.

    Arguments:
        surface: to be sliced.
        first: a solution, (parameters,).
        second: another.
        third: another.
        margin: how far to go on around them, in parts of the larger of their width and height.
        points: on each side of the picture, which is a square.

    Raises:
        InvalidInput: if the solutions lie on one line, or for fewer than two points.
    """
    along, aside = (each.double() - first.double() for each in (second, third))
    width = along.norm()
    x_axis = along / width
    offset = aside @ x_axis
    rest = aside - offset * x_axis
    height = rest.norm()
    if not bool(height > 1e-6 * width):
        raise InvalidInput("The three solutions lie on one line: choose solutions that span a plane.")
    marks = torch.stack([torch.stack([width * 0, height * 0]), torch.stack([width, height * 0])])
    marks = torch.cat([marks, torch.stack([offset, height])[None]])
    low, high = marks.amin(dim=0), marks.amax(dim=0)
    reach = (0.5 + margin) * float((high - low).max())
    x, y = (_grid(middle - reach, middle + reach, points) for middle in ((low + high) / 2).tolist())
    return _plane(surface, first, torch.stack([x_axis, rest / height]), x, y, marks.numpy())


def _grid(low: float, high: float, points: int) -> Tensor:
    require_integer("A slice's points", points, at_least=2)
    return torch.linspace(low, high, points, dtype=torch.float64)


def _line(
    surface: Surface, origin: Tensor, basis: Tensor, coordinates: Tensor, steps: Tensor, marks: Array
) -> LineSlice:
    values = surface.at(origin, basis, coordinates)
    shape = (len(basis), len(steps))
    losses = values.losses.reshape(shape)
    # A solution that is a point of the grid; between points it is not looked at.
    at = [np.flatnonzero(np.isclose(steps.numpy(), mark, rtol=0, atol=1e-12)) for mark in marks]
    checks = tuple(loss_checks(losses, losses[:, np.concatenate(at)] if at else None))
    return LineSlice(steps.numpy(), losses, _shaped(values.accuracies, shape), marks, checks)


def _plane(surface: Surface, origin: Tensor, basis: Tensor, x: Tensor, y: Tensor, marks: Array) -> PlaneSlice:
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    values = surface.at(origin, basis, torch.stack([columns.flatten(), rows.flatten()], dim=1))
    shape = (len(y), len(x))
    losses = values.losses.reshape(shape)
    checks = (*loss_checks(losses), cosine_check(*basis.double().numpy()))
    return PlaneSlice(x.numpy(), y.numpy(), losses, _shaped(values.accuracies, shape), marks, checks)


def _shaped(values: Array | None, shape: tuple[int, ...]) -> Array | None:
    return None if values is None else values.reshape(shape)
