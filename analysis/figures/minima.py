"""How different networks are against the barriers between them: snapshots of one training and independent runs."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.diversity.solutions import Apart
from analysis.shown import labelled
from analysis.style import colours, figure, page

__all__ = ["draw"]


def draw(found: Mapping[str, Mapping[str, Mapping[int, Apart]]], unit: str = "") -> Figure:
    """Draw a panel a condition with a dot for each pair of networks; seeds with a collapsed network are left out.

    Arguments:
        found: by condition, by kind of networks and by seed.
        unit: of the loss, or empty.
    """
    drawing = figure(page, 2.6)
    panels = drawing.subplots(1, len(found), squeeze=False, sharey=True)[0]
    kinds = list(dict.fromkeys(kind for each in found.values() for kind in each))
    colour_of = colours(kinds)
    lines: dict[str, Line2D] = {}
    for axes, (condition, by_kind) in zip(panels, found.items(), strict=True):
        for kind, own in by_kind.items():
            whole = [each for each in own.values() if not each.collapsed]
            for each in whole:
                upper = np.triu_indices(len(each.distance), 1)
                (lines[kind],) = axes.plot(
                    each.loss_barrier[upper], 100 * each.disagreement[upper], "o", color=colour_of[kind],
                    markersize=2.2, alpha=0.35, markeredgewidth=0,
                )  # fmt: skip
        axes.set_title(condition)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(color="#E4E4E4", linewidth=0.6)
        axes.set_axisbelow(True)
    panels[0].set_ylabel("test disagreement (%)")
    drawing.supxlabel(labelled("barrier of the training loss", unit), fontsize=8)
    drawing.legend(list(lines.values()), list(lines), loc="outside upper center", ncols=len(lines) or 1, markerscale=2)
    return drawing
