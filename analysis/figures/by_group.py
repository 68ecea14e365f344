"""What was measured of every group's runs: a dot each, the mean with its interval beside them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.estimate import Estimate
from analysis.style import colours, columns_of, figure, page, spread

__all__ = ["draw"]


def draw(
    found: Mapping[str, Mapping[str, Estimate]], label: str, *, logarithmic: bool = False, bound: float | None = None
) -> Figure:
    """Draw a row for each group, in it a line for each series; dots are the values that an estimate keeps.

    Arguments:
        found: estimates by group and by series, in one unit.
        label: of the axis of values.
        logarithmic: draw values on a logarithmic axis, which has no place for those of 0 and below.
        bound: of a claim, drawn as a dashed line.
    """
    series = list(dict.fromkeys(name for each in found.values() for name in each))
    colour_of = colours(series)
    lines = max(1, len(series))
    drawing = figure(page, 0.9 + (0.12 + 0.19 * lines) * len(found))
    axes = drawing.add_subplot()
    for place, each in enumerate(found.values()):
        for number, name in enumerate(series):
            if name in each and np.isfinite(each[name].value):
                at = place + ((number + 0.5) / lines - 0.5) * 0.8
                _row(axes, each[name], at, 0.8 / lines, colour_of[name])
    if bound is not None:
        axes.axvline(bound, color="black", linewidth=0.7, linestyle=(0, (3, 2)))
    if logarithmic:
        axes.set_xscale("log")
    elif not axes.get_xlim()[0] < 0 < axes.get_xlim()[1]:
        axes.set_xlim(left=min(0, axes.get_xlim()[0]))
    axes.set_yticks(range(len(found)), list(found))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlabel(label)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    if len(series) > 1:
        entries = [Line2D([], [], marker="o", linewidth=1.5, color=colour_of[name], label=name) for name in series]
        drawing.legend(handles=entries, loc="outside upper center", ncols=columns_of(entries, drawing.get_figwidth()))
    return drawing


def _row(axes: Axes, estimate: Estimate, place: float, height: float, colour: str) -> None:
    values = np.sort(np.array([each for each in estimate.values if np.isfinite(each)]))
    style: Any = {"color": colour, "alpha": 0.4, "markersize": 2.6, "markeredgewidth": 0}
    axes.plot(values, place + (0.34 + 0.3 * spread(values)) * height, "o", **style)
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [place] * 2, "-", color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot(estimate.value, place, "o", color=colour, markersize=5, markeredgecolor="white")
