"""The comparison: test score (accuracy or RMSE) of each group's best recipe over the report seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from analysis.scores import TestScore
from analysis.shown import shown
from analysis.style import column, dots, figure, page, spread

__all__ = ["draw"]

_most_columns = 8


def draw(scores: Sequence[TestScore], field: str, names: Mapping[str, str], colours: Mapping[str, str]) -> Figure:
    """Draw one dot a seed, and beside them the mean with its 95 % interval; many groups below each other.

    Arguments:
        scores: of the groups, from left to right or from above, all of one kind.
        field: by which they are grouped.
        names: to be printed below, by the scores' keys.
        colours: by key.
    """
    if len(scores) > _most_columns:
        return _rows(scores, names, colours)
    drawing = figure(max(column, 0.9 * len(scores)), 2.7)
    axes = drawing.add_subplot()
    score = scores[0].score
    show = shown(score)
    for place, each in enumerate(scores):
        colour, estimate = colours[each.key], each.estimate
        whole = [show.factor * value for seed, value in each.by_seed.items() if seed not in each.diverged]
        lost = [show.factor * each.by_seed[seed] for seed in each.diverged]
        dots(axes, place - 0.12, whole, 0.35, marker="o", color=colour, alpha=0.45, markersize=3.5, markeredgewidth=0)
        dots(axes, place - 0.12, lost, 0.35, marker="x", color=colour, markersize=4)
        if estimate.low is not None and estimate.high is not None:
            ends = [show.factor * estimate.low, show.factor * estimate.high]
            axes.plot([place + 0.22] * 2, ends, "-", color=colour, linewidth=1.5, solid_capstyle="butt")
        axes.plot(
            place + 0.22, show.factor * estimate.value, "o", color=colour, markersize=5.5, markeredgecolor="white"
        )
    axes.set_xticks(
        range(len(scores)),
        [f"{names[each.key].replace(' ', chr(10))}\nn = {each.estimate.n}" for each in scores],
    )
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(scores) - 0.4)
    axes.set_xlabel(field)
    axes.set_ylabel(f"test {score.title}{show.suffix}")
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing


def _rows(scores: Sequence[TestScore], names: Mapping[str, str], colours: Mapping[str, str]) -> Figure:
    """Draw a row a group, whose name may be long."""
    drawing = figure(page, 0.7 + 0.24 * len(scores))
    axes = drawing.add_subplot()
    show = shown(scores[0].score)
    for place, each in enumerate(scores):
        colour, estimate = colours[each.key], each.estimate
        for marker, seeds in (("o", each.by_seed.keys() - set(each.diverged)), ("x", each.diverged)):
            values = np.sort([show.factor * each.by_seed[seed] for seed in seeds])
            at = place - 0.12 + 0.35 * spread(values)
            axes.plot(values, at, marker, color=colour, alpha=0.45, markersize=3, markeredgewidth=marker == "x")
        if estimate.low is not None and estimate.high is not None:
            ends = [show.factor * estimate.low, show.factor * estimate.high]
            axes.plot(ends, [place + 0.24] * 2, "-", color=colour, linewidth=1.5, solid_capstyle="butt")
        axes.plot(
            show.factor * estimate.value, place + 0.24, "o", color=colour, markersize=4.5, markeredgecolor="white"
        )
    axes.set_yticks(range(len(scores)), [f"{names[each.key]} (n = {each.estimate.n})" for each in scores])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(scores) - 0.4, -0.6)
    axes.set_xlabel(f"test {scores[0].score.title}{show.suffix}")
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawing
