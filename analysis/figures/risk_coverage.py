"""Risk–coverage curves: how often a network errs that answers only where it is sure enough."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.estimate import t_interval
from analysis.labels import quoted
from analysis.metrics.selective import RiskCoverage
from analysis.scores import seeds_in_words
from analysis.slices.band import band
from analysis.style import column, columns_of, figure, page

__all__ = ["draw", "panels", "said"]

_columns = 4
"""Panels side by side, on one page."""
_own, _reference = "#0072B2", "#6E6E6E"


def said(found: Mapping[str, RiskCoverage]) -> str:
    """Return the figure's caption: what is drawn, and each group's area with its interval.

    Arguments:
        found: by group, of its runs, the risks (runs, examples).
    """
    parts = []
    for name, each in found.items():
        areas = np.atleast_1d(each.area)
        known = areas[np.isfinite(areas)]
        lost = f", {len(areas) - len(known)} of {len(areas)} runs not finite and left out" * (len(known) < len(areas))
        text = str(t_interval(known.tolist(), f"aurc[{name}]", seeds_in_words(len(known)))) if known.size else "none"
        parts.append(f"{quoted(name)} {text}{lost}")
    return (
        "The error among the most confident fraction of the test examples, by that fraction. Lines are means over the"
        " runs, bands their pointwise 95 % t-intervals where there are three runs, cut off at 0 and 100 %. Area under"
        f" the curve, less is better: {'; '.join(parts)}."
    )


def draw(found: Mapping[str, RiskCoverage], colours: Mapping[str, str]) -> Figure:
    """Draw the mean risk over coverage with its band; runs that are not finite are left out, and `said` counts them.

    Arguments:
        found: by group, of its runs, the risks (runs, examples).
        colours: of the groups.
    """
    drawing = figure(1.25 * column, 2.8)
    axes = drawing.subplots()
    for name, each in found.items():
        _curve(axes, each, colours[name], name)
    axes.set(xlabel="coverage, most confident first (%)", ylabel="test error among them (%)", xlim=(0, 100))
    axes.set_ylim(bottom=0)
    handles, _ = axes.get_legend_handles_labels()
    drawing.legend(handles=handles, loc="outside upper center", ncols=columns_of(handles, drawing.get_figwidth()))
    return drawing


def panels(found: Mapping[str, RiskCoverage], reference: str) -> Figure:
    """Draw a panel for each group, with the curve that all are held against in grey; runs that are lost as in `draw`.

    Arguments:
        found: by group, of its runs, the risks (runs, places).
        reference: the group that is in every panel and has none of its own.
    """
    others = {name: each for name, each in found.items() if name != reference} or dict(found)
    columns = min(_columns, len(others))
    lines = -(-len(others) // columns)
    drawing = figure(page * max(columns, 2) / _columns, 0.6 + 1.45 * lines)
    axes = drawing.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    for (name, each), panel in zip(others.items(), axes.ravel(), strict=False):
        _curve(panel, found[reference], _reference, "")
        if name != reference:
            _curve(panel, each, _own, "")
        panel.set(title=name, xlim=(0, 100))
    for unused in axes.ravel()[len(others) :]:
        unused.set_visible(False)
    axes[0, 0].set_ylim(bottom=0)
    drawing.supxlabel(f"coverage, most confident first (%); grey: {reference.replace(chr(10), ', ')}", fontsize=8)
    drawing.supylabel("test error among them (%)", fontsize=8)
    return drawing


def _curve(axes: Axes, found: RiskCoverage, colour: str, name: str) -> None:
    """Draw the mean risk of the runs that are finite, if any is, with its band and a label unless the name is empty."""
    risks = np.atleast_2d(found.risks)
    risks = risks[np.isfinite(risks).all(axis=-1)]
    if not len(risks):
        return
    middle = band(risks, "mean")
    coverages, low, high = 100 * found.coverages, np.maximum(middle.low, 0), np.minimum(middle.high, 1)
    axes.fill_between(coverages, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(coverages, 100 * middle.middle, color=colour, label=f"{name} (n = {middle.n})" if name else None)
