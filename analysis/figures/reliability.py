"""Reliability diagrams: accuracy against confidence, and how many examples have which confidence."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.estimate import Estimate, t_interval
from analysis.labels import quoted
from analysis.metrics.calibration import Reliability
from analysis.scores import seeds_in_words
from analysis.style import figure, page

__all__ = ["draw", "error", "said"]

Array = npt.NDArray[np.float64]

_group = 2.0
"""Inches of a group's panel."""
_columns = 4
"""Panels side by side, on one page."""
_longest = 18
"""Characters of a title on one line."""
_largest, _smallest = 40.0, 2.0
"""Square points of the fullest bin's dot, and the least of any."""


def error(found: Reliability, name: str) -> Estimate | None:
    """Return the mean of the runs' own calibration errors with its t-interval; None without a run that is finite.

    Arguments:
        found: of the runs, each of its arrays (runs, bins).
        name: of the group.
    """
    values = np.atleast_1d(found.error)
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    over = seeds_in_words(known.size)
    if lost := values.size - known.size:
        over += f"; {lost} of {values.size} runs are not finite and are left out"
    return t_interval(known.tolist(), f"ece[{name}]", over)


def said(found: Mapping[str, Reliability]) -> str:
    """Return the figure's caption: what is drawn, and each group's calibration error with its interval.

    Arguments:
        found: by group, of its runs, each of its arrays (runs, bins).
    """
    parts = []
    for name, each in found.items():
        estimate, runs = error(each, name), len(np.atleast_1d(each.error))
        text = "no run is finite" if estimate is None else str(estimate)
        lost = runs - (0 if estimate is None else estimate.n)
        parts.append(f"{quoted(name)} {text}" + (f", {lost} of {runs} runs not finite and left out" if lost else ""))
    bins = len(next(iter(found.values())).edges) - 1
    return (
        f"Reliability in {bins} bins of equal width, closed on the right. Above, accuracy against mean confidence: a"
        " dot for each bin of each run, with an area as its examples are many, and a line for the examples of all runs."
        " The dashed diagonal is perfect calibration; below it the network is too sure. Below, the share of the"
        " examples in each bin. Expected"
        f" calibration error, mean over the runs with 95 % t-interval: {'; '.join(parts)}."
    )


def draw(found: Mapping[str, Reliability], colours: Mapping[str, str]) -> Figure:
    """Draw the accuracy of each bin over its confidence, run by run and pooled, above a histogram of confidences.

    Runs that are not finite are left out; `said` counts them. More groups than
    a page is wide go on below.

    Arguments:
        found: by group, of its runs, each of its arrays (runs, bins).
        colours: of the groups.
    """
    columns = min(_columns, len(found))
    lines = -(-len(found) // columns)
    drawing = figure(min(page, 0.7 + _group * columns), 0.4 + 2.7 * lines)
    panels = drawing.subplots(
        2 * lines, columns, squeeze=False, sharex=True, sharey="row", height_ratios=[3, 1] * lines
    )
    above, below = panels[::2].ravel(), panels[1::2].ravel()
    for (name, each), upper, lower in zip(found.items(), above, below, strict=False):
        _diagram(upper, each, colours[name])
        _histogram(lower, each, colours[name])
        upper.set_title(name if len(name) <= _longest or "\n" in name else name.replace(" ", "\n", 1))
    for unused in (*above[len(found) :], *below[len(found) :]):
        unused.set_visible(False)
    for upper, lower in zip(panels[::2, 0], panels[1::2, 0], strict=True):
        upper.set(ylabel="accuracy (%)", ylim=(0, 100))
        lower.set_ylabel("share (%)")
    drawing.supxlabel("confidence (%)", fontsize=8)
    return drawing


def _diagram(axes: Axes, found: Reliability, colour: str) -> None:
    axes.plot([0, 100], [0, 100], "--", color="#333333", linewidth=0.8)
    counts, confidences, accuracies = (
        np.atleast_2d(each) for each in (found.counts, found.confidences, found.accuracies)
    )
    filled = counts > 0
    # A bin of few examples lies anywhere: the area tells how many there are.
    areas = np.maximum(_largest * counts[filled] / max(float(np.nanmax(counts, initial=0)), 1.0), _smallest)
    axes.scatter(
        100 * confidences[filled], 100 * accuracies[filled], areas, color=colour, alpha=0.35, linewidth=0, clip_on=False
    )
    total, confident, right = _pooled(found)
    filled = total > 0
    axes.plot(100 * confident[filled], 100 * right[filled], color=colour, clip_on=False)
    axes.set(xlim=(0, 100), xticks=[0, 50, 100])


def _histogram(axes: Axes, found: Reliability, colour: str) -> None:
    counts, _, _ = _pooled(found)
    shares = 100 * counts / max(counts.sum(), 1)
    axes.bar(100 * found.edges[:-1], shares, 100 * np.diff(found.edges), align="edge", color=colour, edgecolor="white",
             linewidth=0.4)  # fmt: skip


def _pooled(found: Reliability) -> tuple[Array, Array, Array]:
    """Return counts, confidences and accuracies, each (bins,), of the examples of all runs that are finite."""
    counts = np.nan_to_num(np.atleast_2d(found.counts))
    total = counts.sum(axis=0)
    means = [
        (np.nan_to_num(np.atleast_2d(each)) * counts).sum(axis=0) / np.where(total > 0, total, np.nan)
        for each in (found.confidences, found.accuracies)
    ]
    return total, means[0], means[1]
