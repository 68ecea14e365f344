"""The training loss in the plane through three snapshots of a run."""

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from analysis.shown import labelled
from analysis.slices import PlaneSlice
from analysis.style import column, figure

__all__ = ["draw"]

_levels = 14


def draw(plane: PlaneSlice, names: tuple[str, ...], unit: str = "") -> Figure:
    """Draw contours of the loss, even in its logarithm if it has one, and the solutions; white where it is not finite.

    Arguments:
        plane: the slice.
        names: of its marks.
        unit: of the loss, or empty.
    """
    drawing = figure(1.1 * column, 2.9)
    axes = drawing.add_subplot()
    losses = np.ma.masked_invalid(plane.losses)
    low, high = float(losses.min()), float(losses.max())
    # A density can exceed 1: its negative logarithm has no logarithm of its own.
    logarithmic = low >= 0
    if logarithmic:
        # A loss can be zero, which has no logarithm either: it counts as the smallest above.
        above = losses.compressed()[losses.compressed() > 0]
        low = float(above.min()) if len(above) else float(np.finfo(np.float32).tiny)
        losses = np.ma.maximum(losses, low)
        levels = np.geomspace(low, max(high, low * 1.001), _levels)
        norm: Normalize = LogNorm(levels[0], levels[-1])
    else:
        levels = np.linspace(low, max(high, low + 1e-6), _levels)
        norm = Normalize(levels[0], levels[-1])
    filled = axes.contourf(plane.x, plane.y, losses, levels=levels, norm=norm, cmap="viridis")
    axes.contour(plane.x, plane.y, losses, levels=levels, colors="white", linewidths=0.3, alpha=0.6)
    bar = drawing.colorbar(filled, ax=axes, pad=0.02)
    bar.set_label(labelled("training loss", unit, "log scale" if logarithmic else ""))
    if logarithmic:
        bar.ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bar.ax.minorticks_off()
    axes.plot(*plane.marks.T, "o", color="white", markeredgecolor="black", markersize=5.5)
    for (x, y), name in zip(plane.marks, names, strict=True):
        axes.annotate(
            name,
            (x, y),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            color="black",
            bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        )
    axes.set_aspect("equal")
    axes.set_xlabel("distance in weight space")
    axes.set_ylabel("distance in weight space")
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    return drawing
