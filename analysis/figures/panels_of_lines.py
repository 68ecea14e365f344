"""Lines of the loss, a panel for each group: every line thin, their median over them."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.style import colours, figure, page

__all__ = ["draw"]

Lines = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

_columns = 3


def draw(found: Mapping[str, Mapping[str, Lines]], across: str, up: str, *, logarithmic: bool = False) -> Figure:
    """Draw three panels a row, all of one scale.

    Arguments:
        found: by group and by series the places (points,) and the losses there, (lines, points); a gap where a loss is
            not finite.
        across: what the places are, in words.
        up: what the losses are, in words.
        logarithmic: draw the losses on a logarithmic axis.
    """
    series = list(dict.fromkeys(name for each in found.values() for name in each))
    colour_of = colours(series)
    columns = min(_columns, len(found))
    rows = -(-len(found) // columns)
    drawing = figure(page * (columns + 0.4) / (_columns + 0.4), 0.75 + 1.75 * rows)
    panels = drawing.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (label, each) in zip(panels, found.items(), strict=False):
        for name, (places, losses) in each.items():
            whole = np.where(np.isfinite(losses), losses, np.nan)
            axes.plot(places, whole.T, color=colour_of[name], alpha=0.3, linewidth=0.6)
            axes.plot(places, np.median(whole, axis=0), color=colour_of[name], linewidth=1.6)
        count = max((len(losses) for _, losses in each.values()), default=0)
        axes.set_title(f"{label} (n = {count})")
        axes.margins(x=0)
    if logarithmic:
        panels[0].set_yscale("log")
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    for place, axes in enumerate(panels[: len(found)]):
        axes.tick_params(labelbottom=place + columns >= len(found))
    drawing.supxlabel(across, fontsize=8)
    drawing.supylabel(up, fontsize=8)
    if len(series) > 1:
        entries = [Line2D([], [], color=colour_of[name], label=name) for name in series]
        drawing.legend(handles=entries, loc="outside upper center", ncols=min(4, len(entries)))
    return drawing
