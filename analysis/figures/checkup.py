"""The seven steps of a checkup on one page."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.checkup.checkup import Checkup
from analysis.checkup.curves import Curves, moving_average
from analysis.checkup.grid import Grid
from analysis.style import colours, figure, page
from lightning_modules.score import score_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw"]

_verdicts = {"green": "#009E73", "red": "#D55E00"}


def draw(found: Checkup) -> Figure:
    """Draw a panel for each of the first six steps, its verdict in its title.

    Arguments:
        found: by the seven steps.
    """
    drawing = figure(1.25 * page, 5.2)
    panels = drawing.subplots(2, 3)
    _initial(panels[0, 0], found)
    _learned(panels[0, 1], found)
    _range(panels[0, 2], found)
    _grid(panels[1, 0], found.grids[0], found)
    _grid(panels[1, 1], found.grids[1], found)
    _curves(panels[1, 2], found)
    for number, (axes, step) in enumerate(zip(panels.flat, found.steps, strict=False), start=1):
        axes.set_title(f"{number} {step.name}: {step.verdict}", color=_verdicts[step.verdict])
    return drawing


def _initial(axes: Axes, found: Checkup) -> None:
    observed = [each.observed for each in found.initial]
    places = np.arange(len(observed))
    if all(each.expected is not None for each in found.initial):
        middle = np.array([each.expected or 0.0 for each in found.initial])
        reach = np.array([each.tolerance or 0.0 for each in found.initial])
        axes.fill_between(places, middle - reach, middle + reach, step="mid", color="#0072B2", alpha=0.2, linewidth=0)
        axes.step(places, middle, where="mid", color="#0072B2", linewidth=1, label="by the initializer")
    axes.axhline(found.initial[0].guessing, color="black", linewidth=0.8, linestyle=":", label="outputs 0")
    axes.plot(places, observed, "o", markersize=3, color="#D55E00", label="observed")
    axes.set_xlabel("seed")
    shown = places if len(places) <= 6 else places[:: len(places) // 5]
    axes.set_xticks(shown, [str(found.seeds[place]) for place in shown])
    axes.set_ylabel("loss before training")
    axes.legend(fontsize=7)


def _learned(axes: Axes, found: Checkup) -> None:
    for curve in found.learned.curves:
        axes.plot(np.arange(1, len(curve) + 1), curve, color="#0072B2", linewidth=0.6, alpha=0.6)
    axes.set_yscale("log")
    axes.set_xlabel(f"step, learning rate {found.learned.learning_rate:.3g}")
    axes.set_ylabel("training loss")


def _range(axes: Axes, found: Checkup) -> None:
    rates = found.rates
    for losses in rates.losses.T:
        axes.plot(rates.rates, losses, color="#0072B2", linewidth=0.6, alpha=0.4)
    axes.plot(rates.rates, rates.ended.mean(axis=1), "o-", color="#0072B2", markersize=3, label="mean")
    axes.axvline(rates.best, color="#009E73", linewidth=1, label=f"best {rates.best:.3g}")
    if np.isfinite(found.limits).any():
        limit = float(np.nanmedian(found.limits))
        axes.axvline(limit, color="black", linewidth=0.8, linestyle=":", label=r"2 (1 + β) / $\lambda_{\max}$")
    axes.set_xscale("log")
    axes.set_yscale("log")
    top = 3 * float(rates.start.mean())
    axes.set_ylim(0.5 * float(np.nanmin(rates.ended)), top)
    axes.set_xlabel("learning rate")
    axes.set_ylabel(f"loss after {rates.steps} steps")
    axes.legend(fontsize=7, loc="lower left")


def _grid(axes: Axes, grid: Grid, found: Checkup) -> None:
    scale = 100 if found.recipe.loss.task == "classification" else 1
    names = ["no decay" if np.isnan(decay) else f"{decay:.3g}" for decay in grid.decays]
    colour_of = colours(names)
    for column, name in enumerate(names):
        scores = scale * grid.scores[:, column]
        axes.plot(grid.rates, scores.mean(axis=1), "o-", markersize=3, color=colour_of[name], label=name)
    row, column = grid.place
    best = scale * float(grid.scores[row, column].mean())
    axes.plot([grid.rates[row]], [best], "o", markersize=8, markerfacecolor="none", color="black")
    axes.set_xscale("log")
    ticks: Sequence[float] = grid.rates.tolist()
    axes.set_xticks(ticks, [f"{rate:.2g}" for rate in ticks])
    axes.set_xticks([], minor=True)
    score = score_of(found.recipe.loss.task)
    axes.set_ylabel(f"validation {score.title}{' (%)' if scale > 1 else ''}")
    axes.set_xlabel(f"learning rate, {grid.epochs} epoch{'' if grid.epochs == 1 else 's'}")
    axes.legend(fontsize=7, title="weight decay", title_fontsize=7)


def _curves(axes: Axes, found: Checkup) -> None:
    curves: tuple[tuple[str, Curves, str], ...] = (
        ("as given", found.given, "#D55E00"),
        ("as found", found.found, "#0072B2"),
    )
    for name, each, colour in curves:
        steps = np.arange(1, each.train_loss.shape[1] + 1)
        axes.plot(steps, each.train_loss.T, ".", markersize=1, alpha=0.25, color=colour)
        smooth = np.nanmean(moving_average(each.train_loss, each.steps_per_epoch), axis=0)
        axes.plot(steps[each.steps_per_epoch - 1 :], smooth, color=colour, label=f"training, {name}")
        ends = each.steps_per_epoch * np.arange(1, each.validation_loss.shape[1] + 1)
        axes.plot(ends, np.nanmean(each.validation_loss, axis=0), "--", color=colour, label=f"validation, {name}")
    axes.set_yscale("log")
    axes.set_xlabel("step (lines: means over an epoch)")
    axes.set_ylabel("loss")
    axes.legend(fontsize=7)
