"""What one would have at any time: the course of the learning rate, the loss and the score, by group over the seeds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.estimate import confidence
from analysis.shown import labelled, shown
from analysis.style import figure, page
from lightning_modules.score import Score

__all__ = ["Course", "draw"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """How the runs of one group went.

    Arguments:
        rates: the learning rate of each step, (steps,).
        losses: the training loss of each epoch, (runs, epochs).
        scores: the validation score of each epoch, (runs, epochs).
    """

    rates: Array
    losses: Array
    scores: Array


def draw(courses: Mapping[str, Course], colours: Mapping[str, str], score: Score, unit: str = "") -> Figure:
    """Draw the rate above, the loss and the score below it as means over the runs with 95 % t-intervals as bands.

    Arguments:
        courses: by group.
        colours: of the groups.
        score: that the runs have.
        unit: of the loss, or empty.
    """
    from scipy.special import stdtrit

    show = shown(score)
    drawing = figure(page, 3.0)
    rate, loss, value = drawing.subplots(1, 3)
    for group, each in courses.items():
        epochs = each.losses.shape[1]
        passed = np.arange(len(each.rates)) * epochs / len(each.rates)
        rate.plot(passed, each.rates, color=colours[group], linewidth=1.0, label=group)
        for axes, values in ((loss, each.losses), (value, show.factor * each.scores)):
            mean, count = values.mean(axis=0), len(values)
            axes.plot(np.arange(1, epochs + 1), mean, color=colours[group], linewidth=1.0)
            if count > 1:
                half = float(stdtrit(count - 1, (1 + confidence) / 2)) * values.std(axis=0, ddof=1) / np.sqrt(count)
                # On a logarithmic axis nothing is below zero, and no share of right answers is above one.
                low = np.maximum(mean - half, values.min(axis=0))
                high = np.minimum(mean + half, 100.0) if axes is value and score.sign > 0 else mean + half
                axes.fill_between(np.arange(1, epochs + 1), low, high, color=colours[group], alpha=0.15, linewidth=0)
    rate.set_yscale("log")
    if all((each.losses > 0).all() for each in courses.values()):
        loss.set_yscale("log")
    rate.set_ylabel("learning rate")
    loss.set_ylabel(labelled("training loss", unit))
    value.set_ylabel(f"validation {score.title}{show.suffix}")
    for axes in (rate, loss, value):
        axes.set_xlabel("epochs")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    first = next(iter(courses.values()))
    if first.scores.shape[1] > 2 and score.sign > 0:
        # The first epochs would leave no room for what differs.
        late = np.concatenate([show.factor * each.scores.mean(axis=0)[1:] for each in courses.values()])
        value.set_ylim(bottom=float(late.min()))
    drawing.legend(loc="outside lower center", ncols=4)
    return drawing
