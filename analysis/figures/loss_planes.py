"""Several planes through three solutions side by side, on one scale of the loss."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from analysis.figures.contours import bar, contours, scale
from analysis.shown import loss_name
from analysis.slices import PlaneSlice
from analysis.style import figure, page

__all__ = ["draw"]


def draw(planes: Mapping[tuple[str, str], PlaneSlice], names: Mapping[str, Sequence[str]], unit: str = "") -> Figure:
    """Draw rows and columns of planes, each with its solutions; a place without a plane stays empty.

    Arguments:
        planes: by row and column.
        names: of the marks, by row.
        unit: of the loss, or empty.
    """
    rows, columns = (list(dict.fromkeys(key[place] for key in planes)) for place in (0, 1))
    drawing = figure(page, 0.5 + 1.75 * len(rows))
    grid = drawing.subplots(len(rows), len(columns), squeeze=False)
    colours = scale([plane.losses for plane in planes.values()])
    for line, row in zip(grid, rows, strict=True):
        for axes, column in zip(line, columns, strict=True):
            plane = planes.get((row, column))
            if plane is None:
                axes.set_visible(False)
                continue
            filled = contours(axes, plane.x, plane.y, plane.losses, colours)
            axes.set_xlim(plane.x[0], plane.x[-1])
            axes.set_ylim(plane.y[0], plane.y[-1])
            axes.plot(*plane.marks.T, "o", color="white", markeredgecolor="black", markersize=4)
            for (x, y), name in zip(plane.marks, names[row], strict=True):
                axes.annotate(
                    name, (x, y), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=8,
                    bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
                )  # fmt: skip
            axes.set_aspect("equal")
            if row == rows[0]:
                axes.set_title(column)
        line[0].set_ylabel(row)
    first = next(iter(planes.values()))
    bar(drawing, filled, grid, colours, loss_name(first.examples), unit)
    drawing.supxlabel(first.axes[0], fontsize=8)
    return drawing
