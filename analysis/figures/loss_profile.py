"""The profile of the loss, and of the accuracy, along several directions: each line, their middle and its interval."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.shown import labelled
from analysis.slices.band import Middle, band
from analysis.slices.slice import LineSlice
from analysis.style import colours, column, figure

__all__ = ["draw"]

Array = npt.NDArray[np.float64]

_styles = ("-", "--", ":", "-.")


def draw(line: LineSlice, unit: str = "") -> Figure:
    """Draw each set of examples in a colour of its own: lines, their middle, and from three lines on its interval.

    Lines along given directions, which are no random draws, have neither: each
    has a style of its own, and where there is one set of examples a colour.
    The losses' middle is a geometric mean on a logarithmic axis, or where a loss
    is not above 0 a mean on a linear one. Crosses along the top mark the steps
    at which a line is not finite.

    Arguments:
        line: the slice, with its other sets of examples.
        unit: of the loss, or empty.
    """
    sets = [line, *(line.on(each.examples) for each in line.others)]
    shade: dict[str, str | None] = {**colours([each.examples for each in sets])}
    if not line.drawn and len(line.losses) > 1 and not line.others:
        shade = {line.examples: None}
    classes = all(each.accuracies is not None for each in sets)
    drawing = figure(1.25 * column, 4.4 if classes else 2.9)
    panels = drawing.subplots(2 if classes else 1, 1, sharex=True, squeeze=False)[:, 0]
    finite = np.concatenate([each.losses[np.isfinite(each.losses)] for each in sets])
    positive = bool((finite > 0).all())
    middle: Middle = "geometric mean" if positive else "mean"
    panels[0].set_yscale("log" if positive else "linear")
    words = ""
    for each in sets:
        words = _lines(panels[0], each, each.losses, middle, shade[each.examples])
        if classes and each.accuracies is not None:
            _lines(panels[1], each, 100 * each.accuracies, "mean", shade[each.examples])
    _crosses(panels[0], line.steps, [each.losses for each in sets])
    panels[0].set_ylabel(labelled("loss", unit, "log scale" if positive else ""))
    if classes:
        panels[1].set_ylabel("accuracy (%)")
        panels[1].set_ylim(-2, 102)
    panels[-1].set_xlabel(line.axis)
    for axes in panels:
        axes.margins(x=0)
        for mark in line.marks:
            axes.axvline(mark, color="#6E6E6E", linewidth=0.6, linestyle=":")
    if words:
        own = "geometric mean (accuracy: mean)" if classes and positive else middle
        drawing.suptitle(words.replace(middle, own, 1), fontsize=8)
    # Both panels have the same sets.
    drawing.legend(handles=panels[0].get_legend_handles_labels()[0], loc="outside lower center", ncols=2)
    return drawing


def _lines(axes: Axes, line: LineSlice, values: Array, middle: Middle, colour: str | None) -> str:
    """Draw one set's values (lines, points); return what their middle and their interval are, or nothing.

    Without a colour of the set, each given direction has its own.
    """
    shown = np.where(np.isfinite(values), values, np.nan)
    if len(values) == 1:
        axes.plot(line.steps, shown[0], color=colour, label=line.examples)
        return ""
    if not line.drawn:
        each = colours([str(place) for place in range(len(values))])
        for place, row in enumerate(shown):
            style, label = _styles[place % len(_styles)], f"{line.examples}, direction {place + 1}"
            axes.plot(line.steps, row, style, color=colour or each[str(place)], label=label)
        return ""
    found = band(values, middle, line.drawn)
    axes.plot(line.steps, shown.T, color=colour, linewidth=0.5, alpha=0.4)
    axes.fill_between(line.steps, found.low, found.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(line.steps, found.middle, color=colour, label=line.examples)
    return found.words.replace(", ", "\n", 1)


def _crosses(axes: Axes, steps: Array, sets: Sequence[Array]) -> None:
    lost = ~np.isfinite(np.concatenate(sets)).all(axis=0)
    if lost.any():
        axes.plot(
            steps[lost],
            np.full(lost.sum(), 0.97),
            "x",
            color="black",
            markersize=4,
            transform=axes.get_xaxis_transform(),
            label="a line is not finite",
        )
