"""Activations and gradients by layer of deep networks before training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.signal.network import Profile
from analysis.signal.survey import Case
from analysis.style import colours, figure, page

__all__ = ["draw"]

_shown = (
    ("std", "std of h"),
    ("saturated", "saturated units"),
    ("gradient_h", "rms of dL/dh"),
    ("gradient_w", "rms of dL/dW"),
)
_marks = ("o", "s", "^", "D", "v", "P", "X", "*")


def draw(found: Mapping[Case, Sequence[Profile]], width: int) -> Figure:
    """Draw the means over seeds by layer: a row for each activation, a column for each statistic.

    Arguments:
        found: by case.
        width: of the networks that are shown.
    """
    cases = [case for case in found if case.width == width]
    rows = list(dict.fromkeys(case.activation for case in cases))
    names = list(dict.fromkeys(case.initializer for case in cases))
    colour_of = colours(names)
    drawing = figure(1.25 * page, 1.75 * len(rows) + 0.9)
    panels = drawing.subplots(len(rows), len(_shown), sharex=True, squeeze=False)
    for axes_row, activation in zip(panels, rows, strict=True):
        for axes, (statistic, title) in zip(axes_row, _shown, strict=True):
            for place, name in enumerate(names):
                profiles = found[Case(activation, name, width)]
                mean = np.mean([getattr(each, statistic) for each in profiles], axis=0)
                layers = np.arange(1, len(mean) + 1)
                style = {"color": colour_of[name], "marker": _marks[place % len(_marks)], "markersize": 3}
                dash = "-" if place < 6 else "--"
                axes.plot(layers, mean, dash, linewidth=1, label=name, **style)
            if statistic == "saturated":
                axes.set_ylim(-0.03, 1.03)
            else:
                axes.set_yscale("log")
            if activation == rows[0]:
                axes.set_title(title)
            if activation == rows[-1]:
                axes.set_xlabel("layer")
            axes.set_xticks(range(1, len(next(iter(found.values()))[0].std) + 1))
        axes_row[0].set_ylabel(activation)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside upper center", ncols=4)
    return drawing
