"""Histograms of the activations of every layer, an initializer a row."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.signal.network import Profile
from analysis.style import colours, figure, page

__all__ = ["draw"]


def draw(rows: Sequence[tuple[str, Profile]]) -> Figure:
    """Draw the density of the activations between -1 and 1: a row for each network, a column for each layer.

    Every panel is scaled to its own highest bar; the standard deviation stands in it.

    Arguments:
        rows: a name and a network's profile each.
    """
    layers = len(rows[0][1].std)
    colour_of = colours([name for name, _ in rows])
    drawing = figure(1.25 * page, 1.15 * len(rows) + 0.5)
    panels = drawing.subplots(len(rows), layers, sharex=True, squeeze=False)
    edges = np.linspace(-1, 1, rows[0][1].density.shape[1] + 1)
    for axes_row, (name, profile) in zip(panels, rows, strict=True):
        for layer, axes in enumerate(axes_row):
            density = profile.density[layer]
            axes.stairs(density / max(density.max(), 1e-12), edges, fill=True, color=colour_of[name])
            axes.set_title(
                f"layer {layer + 1}: {profile.std[layer]:.3f}" if name == rows[0][0] else f"{profile.std[layer]:.3f}"
            )
            axes.set_yticks([])
            axes.set_ylim(0, 1.05)
            axes.spines["left"].set_visible(False)
            axes.set_xticks([-1, 0, 1])
        axes_row[0].set_ylabel(name)
    drawing.supxlabel("activation h; above each panel its standard deviation", fontsize=8)
    return drawing
