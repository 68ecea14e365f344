"""The training loss along random filter-normalised directions around the solutions of each group."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.shown import labelled, loss_name
from analysis.slices import LineSlice
from analysis.style import column, columns_of, figure

__all__ = ["draw"]


def draw(lines: Mapping[str, Sequence[LineSlice]], colours: Mapping[str, str], unit: str = "") -> Figure:
    """Draw the median of each group's lines, and the range of all of them as a band.

    Arguments:
        lines: of each group: slices of the same steps, one a run, each along several directions.
        colours: of the groups.
        unit: of the loss, or empty.
    """
    drawing = figure(1.25 * column, 2.9)
    axes = drawing.add_subplot()
    for group, slices in lines.items():
        steps = slices[0].steps
        losses = np.concatenate([each.losses for each in slices])
        axes.fill_between(steps, losses.min(axis=0), losses.max(axis=0), color=colours[group], alpha=0.15, linewidth=0)
        axes.plot(steps, np.median(losses, axis=0), color=colours[group], label=group)
    # A density can exceed 1: its negative logarithm has no logarithm of its own.
    negative = any((each.losses < 0).any() for slices in lines.values() for each in slices)
    axes.set_yscale("linear" if negative else "log")
    shown = [each for slices in lines.values() for each in slices]
    axes.set_xlabel(" or ".join(dict.fromkeys(each.axis for each in shown)))
    axes.set_ylabel(labelled(" or ".join(dict.fromkeys(loss_name(each.examples) for each in shown)), unit))
    axes.margins(x=0)
    handles, _ = axes.get_legend_handles_labels()
    drawing.legend(handles=handles, loc="outside upper center", ncols=columns_of(handles, drawing.get_figwidth()))
    return drawing
