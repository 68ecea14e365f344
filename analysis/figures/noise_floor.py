"""The plateau of a constant learning rate against the rate, and where decays from the highest rate end."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from analysis.figures.log_axis import plain_numbers
from analysis.noise_floor import Plateaus, exponent
from analysis.style import colours, column, figure

__all__ = ["draw"]


def draw(found: Plateaus, decays: Sequence[str]) -> Figure:
    """Draw a dot a seed, the line that is fitted to their means, and the decays beside the highest rate.

    Arguments:
        found: the plateaus.
        decays: what they are called.
    """
    drawing = figure(1.5 * column, 2.9)
    axes = drawing.add_subplot()
    axes.set_xscale("log")
    axes.set_yscale("log")
    colour_of = colours(["constant", *decays])
    rates, means = np.array(found.rates), np.exp(np.log(found.constant).mean(axis=0))
    style: dict[str, Any] = {"markersize": 3, "alpha": 0.5, "markeredgewidth": 0, "linestyle": "none"}
    for row in found.constant:
        axes.plot(rates, row, "o", color=colour_of["constant"], **style)
    slope = float(exponent(found.rates, means))
    line = means.prod() ** (1 / len(means)) * (rates / rates.prod() ** (1 / len(rates))) ** slope
    axes.plot(rates, line, "-", color=colour_of["constant"], label=f"constant: ∝ rate^{slope:.2f}")
    for place, decay in enumerate(decays):
        at = rates[-1] * 1.25 ** (place + 1)
        values = found.decayed[:, place]
        axes.plot([at] * len(values), values, "o", color=colour_of[decay], label=f"{decay} from {rates[-1]:g}", **style)
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.set_xticks([], minor=True)
    plain_numbers(axes.yaxis)
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss above the least")
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    drawing.legend(loc="outside right center")
    return drawing
