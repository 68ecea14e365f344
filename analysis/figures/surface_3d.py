"""The training loss as a surface in three dimensions over a plane in weight space."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from analysis.figures.contours import bar
from analysis.figures.relief import Relief, relief
from analysis.shown import labelled, loss_name
from analysis.slices import PlaneSlice
from analysis.style import column, figure

__all__ = ["directions", "draw"]

directions = ("first direction", "second direction")
"""What x and y are where a slice's own words are too long."""
_distances = ("distance in weight space", "distance in weight space")
_fine = 150
"""Quads on a side, about: with fewer the edges of the bands are stairs."""
_most_ticks = 5
_floor = 0.35
"""How far below the surface the contours lie, in parts of its height."""


def draw(plane: PlaneSlice, names: Sequence[str], unit: str = "", axes_names: tuple[str, str] = _distances) -> Figure:
    """Draw the surface, the colours of its bands those of `loss_plane`, and its contours on the floor below.

    A cell with a corner that is not finite is left open. The height is the
    logarithm of the loss if the loss has one.

    Arguments:
        plane: the slice.
        names: of its marks.
        unit: of the loss, or empty.
        axes_names: what x and y are.
    """
    drawing = figure(1.3 * column, 3.3)
    axes: Axes3D = drawing.add_subplot(projection="3d", computed_zorder=False)
    axes.set(xlabel=axes_names[0], ylabel=axes_names[1])
    axes.set_xlim(plane.x[0], plane.x[-1])
    axes.set_ylim(plane.y[0], plane.y[-1])
    if not np.isfinite(plane.losses).any():
        axes.set(zlabel=labelled(loss_name(plane.examples), unit), title="no loss is finite")
        return drawing
    found = relief(plane)
    low, high = float(found.levels[0]), float(found.levels[-1])
    floor = low - _floor * (high - low)
    shown = np.ma.masked_invalid(np.clip(plane.losses, found.scale.levels[0], found.scale.levels[-1]))
    filled = axes.contourf(
        plane.x, plane.y, shown, levels=found.scale.levels, norm=found.scale.norm, cmap="viridis", zdir="z",
        offset=floor, zorder=1,
    )  # fmt: skip
    quads = _quads(plane, found)
    faces = found.bands[found.band_of(quads[:, :, 2].mean(axis=1))]
    # Edges in the colour of the faces: without, hairlines of white show between them.
    cells = Poly3DCollection(quads, facecolors=faces, edgecolors=faces, linewidths=0.2, zorder=2)
    # Thousands of faces, each drawn over others, take seconds as vectors and show nothing more.
    cells.set_rasterized(True)
    axes.add_collection3d(cells)
    _marks(axes, found, names, floor)
    axes.set_zlim(floor, high)
    # The colour bar has them all; here they would touch each other.
    every = -(-len(found.ticks) // _most_ticks)
    axes.set_zticks(found.ticks[::-every], found.texts[::-every])
    # Beside its axis it would lie on the bar.
    axes.text(plane.x[-1], plane.y[-1], high + 0.12 * (high - low), "loss", ha="center", va="bottom", zorder=5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
    # Turned letters need room on three sides, which the layout does not see.
    wide = max(np.ptp(plane.x), np.ptp(plane.y))
    axes.set_box_aspect((np.ptp(plane.x), np.ptp(plane.y), 0.75 * wide), zoom=0.9)
    axes.view_init(elev=28, azim=-55)
    bar(drawing, filled, axes, found.scale, loss_name(plane.examples), unit)
    # After the bar, which takes its colours from it: the surface above is what is to be seen first.
    filled.set_alpha(0.45)
    return drawing


def _quads(plane: PlaneSlice, found: Relief) -> npt.NDArray[np.float64]:
    """Return the corners (quads, 4, 3) of the whole cells, each split so that all are about `_fine` on a side."""
    parts = max(1, round(_fine / max(len(plane.x) - 1, len(plane.y) - 1)))
    x, y = np.meshgrid(plane.x, plane.y)
    nodes = np.stack([x, y, found.heights], axis=-1)
    cells = np.stack([nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, :-1], nodes[1:, 1:]], axis=2).reshape(-1, 4, 3)
    cells = cells[np.isfinite(cells).all(axis=(1, 2))]
    steps = np.linspace(0, 1, parts + 1)
    v, u = np.meshgrid(steps, steps, indexing="ij")
    weights = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v], axis=-1)
    fine = np.einsum("vuk,nkc->nvuc", weights, cells)
    corners = [fine[:, :-1, :-1], fine[:, :-1, 1:], fine[:, 1:, 1:], fine[:, 1:, :-1]]
    return np.stack(corners, axis=3).reshape(-1, 4, 3)


def _marks(axes: Axes3D, found: Relief, names: Sequence[str], floor: float) -> None:
    """Draw the solutions above all, on the surface, or on the floor where it is open, each with its name."""
    for (x, y, height), name in zip(found.marks, names, strict=True):
        z = height if np.isfinite(height) else floor
        axes.plot([x], [y], [z], "o", color="white", markeredgecolor="black", markersize=5, zorder=4)
        if not name:
            continue
        axes.text(
            x, y, z + 0.07 * (found.levels[-1] - found.levels[0]), name, ha="center", va="bottom", zorder=5,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )  # fmt: skip
