"""The comparison: test accuracy of each group's best recipe over the report seeds."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from analysis.accuracy import TestAccuracy
from analysis.style import column, dots, figure

__all__ = ["draw"]


def draw(
    accuracies: Sequence[TestAccuracy], field: str, names: Mapping[str, str], colours: Mapping[str, str]
) -> Figure:
    """Draw one dot a seed, and beside them the mean with its 95 % interval.

    Arguments:
        accuracies: of the groups, from left to right.
        field: by which they are grouped.
        names: to be printed below, by the accuracies' keys.
        colours: by key.
    """
    drawing = figure(max(column, 0.9 * len(accuracies)), 2.7)
    axes = drawing.add_subplot()
    for place, accuracy in enumerate(accuracies):
        colour, estimate = colours[accuracy.key], accuracy.estimate
        whole = [100 * value for seed, value in accuracy.by_seed.items() if seed not in accuracy.diverged]
        lost = [100 * accuracy.by_seed[seed] for seed in accuracy.diverged]
        dots(axes, place - 0.12, whole, 0.35, marker="o", color=colour, alpha=0.45, markersize=3.5, markeredgewidth=0)
        dots(axes, place - 0.12, lost, 0.35, marker="x", color=colour, markersize=4)
        if estimate.low is not None and estimate.high is not None:
            ends = [100 * estimate.low, 100 * estimate.high]
            axes.plot([place + 0.22] * 2, ends, "-", color=colour, linewidth=1.5, solid_capstyle="butt")
        axes.plot(place + 0.22, 100 * estimate.value, "o", color=colour, markersize=5.5, markeredgecolor="white")
    axes.set_xticks(
        range(len(accuracies)),
        [f"{names[each.key].replace(' ', chr(10))}\nn = {each.estimate.n}" for each in accuracies],
    )
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(accuracies) - 0.4)
    axes.set_xlabel(field)
    axes.set_ylabel("test accuracy (%)")
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing
