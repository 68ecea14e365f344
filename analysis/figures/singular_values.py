"""Singular values of the first layer of trained networks."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from analysis.figures.score_map import shortened
from analysis.style import colours, figure, page

__all__ = ["draw"]

_least = 1e-9
_marks = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")


def draw(panels: Mapping[str, Mapping[str, npt.NDArray[np.float64]]]) -> Figure:
    """Draw the singular values over the largest, in falling order: a panel for each network, a line for each label.

    What lies below 10⁻⁹ of the largest, far below rounding, is drawn there.

    Arguments:
        panels: by title and label, medians over seeds, (values,).
    """
    labels = list(dict.fromkeys(label for lines in panels.values() for label in lines))
    colour_of = colours(labels)
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    drawing = figure(1.25 * page * max(columns, 2) / 3, 1.5 * rows + 0.3 * -(-len(labels) // 4) + 0.5)
    grid = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, (title, lines) in zip(grid.flat, panels.items(), strict=False):
        for label, values in lines.items():
            place = labels.index(label)
            dash, mark = "-" if place < 6 else "--", _marks[place % len(_marks)]
            shown = np.maximum(values, _least)
            axes.plot(
                np.arange(1, len(shown) + 1), shown, dash, marker=mark, markersize=2.5, markevery=8, linewidth=1,
                color=colour_of[label], label=label,
            )  # fmt: skip
        axes.set_yscale("log")
        axes.set_title(shortened(title))
    for axes in grid[-1]:
        axes.set_xlabel("singular value, by size")
    for axes in grid[:, 0]:
        axes.set_ylabel("over the largest")
    shown_lines = {
        label: line for axes in grid.flat for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    drawing.legend(list(shown_lines.values()), list(shown_lines), loc="outside upper center", ncols=4)
    return drawing
