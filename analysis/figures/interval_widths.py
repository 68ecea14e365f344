"""The interval's width against the number of seeds, and what an interval over one stream of luck alone is worth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from analysis.figures.log_axis import plain_numbers
from analysis.inference.interval_widths import expected_half_width, half_widths
from analysis.shown import shown
from analysis.style import colours, dots, figure, page
from lightning_modules.score import Score

__all__ = ["draw"]


def draw(
    values: Mapping[str, Sequence[float]],
    counts: Sequence[int],
    coverage: Mapping[str, Mapping[str, float]],
    score: Score,
) -> Figure:
    """Draw the half width of each disjoint block of seeds with what is expected, and the coverage by stream.

    Arguments:
        values: the test score of each report seed, by group.
        counts: seeds of a block.
        coverage: of intervals over one stream, by group and stream; none without crossed seeds.
        score: that the runs have.
    """
    show, colour_of = shown(score), colours(list(values))
    drawing = figure(page, 2.7)
    left, *others = drawing.subplots(1, 2 if any(coverage.values()) else 1, squeeze=False)[0]
    for place, (group, own) in enumerate(values.items()):
        deviation, colour = float(np.std(own, ddof=1)), colour_of[group]
        for count in counts:
            if count > len(own):
                continue
            shift = 1 + 0.06 * (place - (len(values) - 1) / 2)
            widths = show.factor * half_widths(own, count)
            dots(left, count * shift, widths, 0.0, marker="o", color=colour, alpha=0.4, markersize=3, markeredgewidth=0)
        fine = np.unique(np.geomspace(min(counts), max(counts), 60).round().astype(int))
        expected = [show.factor * expected_half_width(deviation, int(count)) for count in fine]
        left.plot(fine, expected, "-", color=colour, label=group)
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_xticks(list(counts), [str(count) for count in counts])
    left.xaxis.set_minor_formatter(NullFormatter())
    plain_numbers(left.yaxis)
    left.set_xlabel("seeds")
    left.set_ylabel(f"half width of the 95 % interval{show.difference_suffix}")
    for axes in others:
        streams = list(dict.fromkeys(stream for each in coverage.values() for stream in each))
        width = 0.8 / max(1, len(coverage))
        for place, (group, each) in enumerate(coverage.items()):
            at = [streams.index(stream) + width * (place - (len(coverage) - 1) / 2) for stream in each]
            axes.bar(at, [100 * value for value in each.values()], width=0.9 * width, color=colour_of[group])
        axes.axhline(95, color="#333333", linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_xticks(range(len(streams)), [f"{stream} alone" for stream in streams])
        axes.set_ylim(0, 100)
        axes.set_xlabel("what differs between the runs of an interval")
        axes.set_ylabel("intervals that hold the mean\nover all luck (%)")
    for axes in (left, *others):
        axes.grid(axis="y", color="#E4E4E4", linewidth=0.6)
        axes.set_axisbelow(True)
    drawing.legend(loc="outside upper center", ncols=max(1, len(values)))
    return drawing
