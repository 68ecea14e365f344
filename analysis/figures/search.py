"""The search: the validation score of every trial by its learning rate."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator
from matplotlib.transforms import offset_copy

from analysis.estimate import t_interval
from analysis.results import Trial
from analysis.shown import shown
from analysis.style import columns_of, figure, page
from lightning_modules.score import score_of
from sweeps.objective import objective
from sweeps.record import RunRecord
from sweeps.study import metric_of

__all__ = ["draw"]


def draw(trials: Mapping[str, Sequence[Trial]], colours: Mapping[str, str], chance: float) -> Figure:
    """Draw each trial's seeds, its mean and its 95 % interval over the learning rate, as the search takes them.

    Arguments:
        trials: by group, of one task.
        colours: of the groups.
        chance: the score of guessing, which a diverged run counts as.
    """
    score = score_of(next(trial for members in trials.values() for trial in members).recipe.loss.task)
    show = shown(score)
    drawing = figure(page, 2.9)
    axes = drawing.add_subplot()
    axes.set_xscale("log")
    beside = offset_copy(axes.transData, drawing, x=-5, units="points")
    diverged = False
    for group, members in trials.items():
        for trial in members:
            rate = trial.recipe.optimizer.learning_rate
            failed = [record.diverged_step is not None for record in trial.records.values()]
            scores = [_value(record) for record in trial.records.values()]
            values = [show.factor * each for each in scores]
            if not values:
                continue
            diverged = diverged or any(failed)
            whole = [value for value, lost in zip(values, failed, strict=True) if not lost]
            lost = [value for value, lost in zip(values, failed, strict=True) if lost]
            colour = colours[group]
            axes.plot(
                [rate] * len(whole),
                whole,
                ".",
                color=colour,
                alpha=0.5,
                markersize=5,
                markeredgewidth=0,
                transform=beside,
            )
            estimate = t_interval(scores, f"trial {trial.number}", "search seeds", show.unit)
            if estimate.low is not None and estimate.high is not None:
                ends = show.factor * np.maximum([estimate.low, estimate.high], 0)
                axes.plot([rate, rate], ends, "-", color=colour, linewidth=1)
            if whole:
                axes.plot(
                    rate,
                    show.factor * estimate.value,
                    "o",
                    color=colour,
                    markersize=5,
                    markeredgecolor="white",
                    zorder=3,
                )
            axes.plot([rate] * len(lost), lost, "x", color=colour, markersize=6, markeredgewidth=1.2, zorder=4)
    axes.axhline(show.factor * chance, color="#6E6E6E", linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
    axes.annotate(
        score.guessing,
        (0, show.factor * chance),
        xycoords=("axes fraction", "data"),
        xytext=(3, 2),
        textcoords="offset points",
        color="#555555",
    )
    if score.sign > 0:
        _stretch_towards_all_right(axes)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("learning rate")
    axes.set_ylabel(f"validation {score.title}{show.suffix}")
    named = _named({group: colours[group] for group in trials})
    handles = [Line2D([], [], color=colour, marker="o", linewidth=1, label=name) for name, colour in named]
    if diverged:
        handles.append(Line2D([], [], color="#333333", marker="x", linestyle="none", label="diverged"))
    drawing.legend(handles=handles, loc="outside upper left", ncols=columns_of(handles))
    axes.margins(x=0.03)
    _tick_rates(axes)
    return drawing


def _tick_rates(axes: Axes) -> None:
    """Name the powers of ten, and between them the 2 and the 5 where there is room."""
    low, high = axes.get_xlim()
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    axes.xaxis.set_minor_formatter("{x:g}" if high < 200 * low else "")
    axes.tick_params(axis="x", which="minor", pad=5)  # whose shorter ticks would lift them above the others


def _named(colours: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the groups with their colours, and at the end those that share one as one."""
    counts = Counter(colours.values())
    yield from ((group, colour) for group, colour in colours.items() if counts[colour] == 1)
    yield from ((f"{count} others", colour) for colour, count in counts.items() if count > 1)


def _value(record: RunRecord) -> float:
    """Return a run's validation score as the search takes it, whatever the study's metric is."""
    return objective([record], metric_of(record.score))


def _stretch_towards_all_right(axes: Axes) -> None:
    """Stretch the axis of accuracies, in per cent, where the trials differ that a search is about."""
    axes.set_yscale("function", functions=(_stretch, _shrink))
    axes.set_yticks([0, 50, 80, 90, 95, 98, 100])
    axes.set_ylim(0, 100.3)


def _stretch(accuracy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``−log(error + 1)`` of accuracies in per cent: half the error is a step of nearly the same length."""
    return -np.log(np.maximum(101 - accuracy, 1e-3))


def _shrink(stretched: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 101 - np.exp(-stretched)
