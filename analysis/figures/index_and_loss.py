"""The index of critical points against their loss, a panel for each group."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.critical.result import CriticalPoints, shown_epsilon
from analysis.estimate import Estimate
from analysis.style import colours, figure, page

__all__ = ["draw"]

_columns = 4
_marks = ("o", "s", "D", "^")
_grey = "#B4B4B4"


def draw(found: Mapping[str, CriticalPoints], related: Mapping[str, Estimate]) -> Figure:
    """Draw four panels a row; points by method, what is no critical point in grey where its search ended.

    Arguments:
        found: searches by group.
        related: the rank correlation of index and loss, by group.
    """
    columns = min(_columns, len(found))
    rows = -(-len(found) // columns)
    drawing = figure(page * (columns + 0.4) / (_columns + 0.4), 0.8 + 1.75 * rows)
    panels = drawing.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    methods = list(dict.fromkeys(method for each in found.values() for method in each.methods))
    colour_of = colours(methods)
    for axes, (label, each) in zip(panels, found.items(), strict=False):
        others = [end for end in each.found if end.outcome in ("gradient-flat", "not converged") and end.index]
        axes.plot(
            [end.loss for end in others],
            [end.index.at(shown_epsilon) for end in others if end.index],
            "x",
            color=_grey,
            markersize=3,
            markeredgewidth=0.6,
        )
        indices = each.index_at()
        for place, method in enumerate(methods):
            own = np.array([end.method == method for end in each.critical], dtype=bool)
            axes.plot(
                np.array([end.loss for end in each.critical])[own],
                indices[own],
                _marks[place % len(_marks)],
                color=colour_of[method],
                markersize=3.4,
                alpha=0.55,
                markeredgewidth=0,
            )
        axes.set_title(f"{label}\n{_said(each, related[label])}")
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    panels[0].set_ylim(bottom=-0.03)
    drawing.supxlabel("training loss", fontsize=mpl.rcParams["axes.labelsize"])
    drawing.supylabel(f"index at ε = {shown_epsilon:g}", fontsize=mpl.rcParams["axes.labelsize"])
    entries = [
        Line2D([], [], linestyle="none", marker=_marks[place % len(_marks)], color=colour_of[each], label=each)
        for place, each in enumerate(methods)
    ]
    entries.append(Line2D([], [], linestyle="none", marker="x", color=_grey, label="no critical point"))
    drawing.legend(handles=entries, loc="outside upper center", ncols=len(entries))
    return drawing


def _said(points: CriticalPoints, related: Estimate) -> str:
    its = points.yield_of()
    counts = f"{its.found} of {its.tried}"
    return counts if np.isnan(related.value) else f"{counts}, ρ = {related.value:+.2f}".replace("-", "−")
