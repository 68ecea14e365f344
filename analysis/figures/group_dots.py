"""A number of every run, by group: a row each with a dot a run, the mean and its interval."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.estimate import Estimate
from analysis.figures.log_axis import plain_numbers
from analysis.style import figure, page, spread

__all__ = ["draw"]


def draw(
    values: Mapping[str, Sequence[float]],
    means: Mapping[str, Estimate],
    colours: Mapping[str, str],
    title: str,
    *,
    axis: str = "linear",
) -> Figure:
    """Draw rows from top to bottom; on a logarithmic axis an interval that reaches 0 ends at the lowest value.

    Arguments:
        values: of each group's runs, finite.
        means: of the groups, as far as there are some.
        colours: of the groups.
        title: of the axis.
        axis: ``linear`` or ``log``.
    """
    drawing = figure(0.8 * page, 0.7 + 0.3 * len(values))
    axes = drawing.add_subplot()
    axes.set_xscale(axis)
    for place, (group, own) in enumerate(values.items()):
        ordered, colour = np.sort(np.asarray(own, dtype=np.float64)), colours[group]
        axes.plot(
            ordered,
            place - 0.12 + 0.4 * spread(ordered),
            "o",
            color=colour,
            alpha=0.45,
            markersize=3,
            markeredgewidth=0,
        )
        mean = means.get(group)
        if mean is None:
            continue
        if mean.low is not None and mean.high is not None:
            low = mean.low if axis == "linear" else max(mean.low, float(ordered[0]))
            axes.plot([low, mean.high], [place + 0.24] * 2, "-", color=colour, linewidth=1.5, solid_capstyle="butt")
        axes.plot(mean.value, place + 0.24, "o", color=colour, markersize=5, markeredgecolor="white")
    axes.set_yticks(range(len(values)), [f"{group} (n = {len(own)})" for group, own in values.items()])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(values) - 0.4, -0.6)
    if axis == "log":
        plain_numbers(axes.xaxis)
    drawing.supxlabel(title, fontsize=8)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing
