"""The density of the Hessian's eigenvalues at solutions, with the outermost ones marked."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from analysis.curvature.density import SpectralDensity
from analysis.curvature.summary import Curvature
from analysis.shown import loss_name
from analysis.style import column, figure

__all__ = ["draw"]

_points = 801
# A density below this share of an eigenvalue a unit is what the Gaussians' tails make.
_floor = 1e-3


def draw(found: Mapping[str, Curvature], colours: Mapping[str, str]) -> Figure:
    """Draw the density of each solution on one axis, a mark below for each of its outer eigenvalues.

    The density is smoothed by Gaussians of 1 % of the range and scaled so that
    an eigenvalue by itself has height 1; bands are two standard errors over
    the probes.

    Arguments:
        found: by label.
        colours: of the labels.
    """
    low = min(float(each.bottom[0]) for each in found.values())
    high = max(float(each.top[0]) for each in found.values())
    margin = 0.05 * (high - low or 1.0)
    grid = np.linspace(low - margin, high + margin, _points)
    drawing = figure(1.4 * column, 2.9 + 0.12 * len(found))
    axes, marks = drawing.subplots(2, 1, sharex=True, height_ratios=[6, 0.5 * len(found)])
    width = 0.01 * (high - low or 1.0)
    most = 1.0
    for place, (label, each) in enumerate(found.items()):
        density = each.density or _of_all(each)
        middle, error = density.on(grid, width)
        counted = each.parameters * middle * width * np.sqrt(2 * np.pi)
        most = max(most, float(counted.max()))
        axes.plot(grid, counted, color=colours[label], label=f"{label} ({each.parameters:,} parameters)")
        if each.density is not None:
            band = each.parameters * 2 * error * width * np.sqrt(2 * np.pi)
            axes.fill_between(
                grid, np.maximum(counted - band, _floor), counted + band, color=colours[label], alpha=0.2, linewidth=0
            )
        outer = np.concatenate([each.top, each.bottom])
        marks.plot(outer, np.full(len(outer), -place), "|", color=colours[label], markersize=7, markeredgewidth=1)
    axes.set_yscale("log")
    axes.set_ylim(0.05, 3 * most)
    axes.set_ylabel("eigenvalues near by")
    axes.axvline(0, color="black", linewidth=0.5)
    marks.set_ylim(0.6 - len(found), 0.6)
    marks.set_yticks([])
    marks.spines["left"].set_visible(False)
    marks.set_ylabel("outer", rotation=0, ha="right", va="center")
    names = dict.fromkeys(loss_name(each.examples) for each in found.values())
    marks.set_xlabel(f"eigenvalue of the Hessian of the {' or '.join(names)}")
    drawing.legend(loc="outside upper center", ncols=2)
    return drawing


def _of_all(found: Curvature) -> SpectralDensity:
    """Return an exact spectrum as a density; two equal rows, because nothing is due to chance."""
    assert found.exact is not None
    nodes = np.tile(found.exact.values, (2, 1))
    return SpectralDensity(nodes, np.full(nodes.shape, 1 / nodes.shape[1]))
