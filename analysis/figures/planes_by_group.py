"""Planes of the loss beside each other, in one scale of colours."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from analysis.figures.contours import bar, contours, scale
from analysis.shown import loss_name
from analysis.slices import PlaneSlice
from analysis.style import figure, page

__all__ = ["draw"]

_columns = 3


def draw(found: Mapping[str, PlaneSlice], unit: str = "") -> Figure:
    """Draw a panel for each group, three a row; hatched where the loss is not finite.

    Arguments:
        found: by group, at least one.
        unit: of the loss, or empty.
    """
    columns = min(_columns, len(found))
    rows = -(-len(found) // columns)
    side = page / (_columns + 0.4)
    drawing = figure(side * (columns + 0.6), 0.5 + (side + 0.15) * rows)
    panels = drawing.subplots(rows, columns, squeeze=False).ravel()
    colours = scale(each.losses for each in found.values())
    for axes, (label, plane) in zip(panels, found.items(), strict=False):
        filled = contours(axes, plane.x, plane.y, plane.losses, colours)
        axes.plot(*plane.marks.T, "o", color="white", markeredgecolor="black", markersize=4.5)
        axes.set_title(label)
        axes.set_aspect("equal")
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    first = next(iter(found.values()))
    bar(drawing, filled, panels[: len(found)].tolist(), colours, loss_name(first.examples), unit)
    drawing.supxlabel(first.axes[0], fontsize=8)
    drawing.supylabel(first.axes[1], fontsize=8)
    return drawing
