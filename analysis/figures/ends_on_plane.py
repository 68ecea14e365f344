"""From where several methods end at a saddle, on the plane of both weights."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.contours import bar, contours, scale
from analysis.slices import PlaneSlice
from analysis.style import figure, page

__all__ = ["draw"]


def draw(plane: PlaneSlice, starts: npt.NDArray[np.float64], ends: Mapping[str, Sequence[bool]]) -> Figure:
    """Draw a panel a method, each start on the loss.

    Arguments:
        plane: the loss over both weights.
        starts: (starts, 2).
        ends: by method, whether it ended at the saddle from each start.
    """
    count = len(ends)
    drawing = figure(page, 0.75 + page / (count + 0.5))
    panels = drawing.subplots(1, count, squeeze=False, sharey=True).ravel()
    colours = scale([plane.losses], 3.0)
    for axes, (name, own) in zip(panels, ends.items(), strict=True):
        filled = contours(axes, plane.x, plane.y, plane.losses, colours)
        reached = np.array(own, dtype=bool)
        axes.plot(*starts[~reached].T, "o", color="white", markeredgecolor="black", markersize=4, markeredgewidth=0.7)
        axes.plot(*starts[reached].T, "o", color="#D55E00", markeredgecolor="black", markersize=4, markeredgewidth=0.7)
        axes.plot(*plane.marks.T, "X", color="black", markersize=6, markeredgecolor="white", markeredgewidth=0.6)
        axes.set_xlim(plane.x[0], plane.x[-1])
        axes.set_ylim(plane.y[0], plane.y[-1])
        axes.set_aspect("equal")
        axes.set_title(f"{name}: {reached.sum()} of {len(reached)}")
        axes.set_xlabel("w₁")
    panels[0].set_ylabel("w₂")
    bar(drawing, filled, panels.tolist(), colours, "loss")
    style = {"linestyle": "none", "marker": "o", "markeredgecolor": "black", "markersize": 4}
    entries = [
        Line2D([], [], color="#D55E00", label="start that ends at the saddle", **style),  # type: ignore[arg-type]
        Line2D([], [], color="white", label="start that does not", **style),  # type: ignore[arg-type]
        Line2D([], [], linestyle="none", marker="X", color="black", label="saddle"),
    ]
    drawing.legend(handles=entries, loc="outside upper center", ncols=3)
    return drawing
