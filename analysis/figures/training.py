"""The course of training: learning rate and losses over the steps of one run a group, with its snapshots."""

import textwrap
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.shown import labelled
from analysis.style import figure, page
from sweeps.record import RunRecord

__all__ = ["draw"]


def draw(records: Mapping[str, RunRecord], colours: Mapping[str, str], unit: str = "") -> Figure:
    """Draw one column a group: the learning rate above, training and validation loss below, on shared axes.

    Arguments:
        records: one confirmed run of each group.
        colours: of the groups.
        unit: of the loss, or empty.
    """
    drawing = figure(page, 3.4)
    grid = drawing.subplots(2, len(records), sharex="col", sharey="row", squeeze=False, height_ratios=(1, 2))
    negative = False
    for place, (group, record) in enumerate(records.items()):
        rate_axes, loss_axes = grid[0, place], grid[1, place]
        curves, colour = record.curves(), colours[group]
        negative = negative or bool((curves["train_loss"] < 0).any() or (curves["validation_loss"] < 0).any())
        steps = np.arange(1, record.steps + 1)
        rate_axes.plot(steps, record.learning_rates(), color=colour, linewidth=1)
        rate_axes.set_title(textwrap.fill(group, 100 // len(records)), color=colour, fontweight="bold")
        loss_axes.plot(steps, curves["train_loss"], color=colour, alpha=0.25, linewidth=0.5)
        loss_axes.plot(*_epoch_means(curves["train_loss"], record.steps_per_epoch), color=colour, linewidth=1)
        epochs = record.steps_per_epoch * np.arange(1, len(curves["validation_loss"]) + 1)
        loss_axes.plot(epochs, curves["validation_loss"], color="black", linewidth=1, linestyle=(0, (3, 1.5)))
        for axes in (rate_axes, loss_axes):
            for step in record.snapshot_steps:
                axes.axvline(step, color="#8A8A8A", linewidth=0.6, linestyle=":", zorder=0)
        at_snapshots = np.interp(record.snapshot_steps, epochs, curves["validation_loss"])
        loss_axes.plot(record.snapshot_steps, at_snapshots, "D", color="black", markersize=3.5)
        loss_axes.set_xlabel("step")
    grid[0, 0].set_ylabel("learning rate")
    grid[0, 0].set_ylim(bottom=0)
    grid[1, 0].set_ylabel(labelled("loss", unit))
    # A density can exceed 1: its negative logarithm has no logarithm of its own.
    grid[1, 0].set_yscale("linear" if negative else "log")
    drawing.align_ylabels(grid[:, 0])
    dark = "#333333"
    handles = [
        Line2D([], [], color=dark, alpha=0.3, linewidth=0.8, label="training, a batch"),
        Line2D([], [], color=dark, label="training, mean of an epoch"),
        Line2D([], [], color="black", linestyle=(0, (3, 1.5)), label="validation"),
        Line2D([], [], color="black", marker="D", markersize=3.5, linestyle="none", label="snapshot"),
    ]
    drawing.legend(handles=handles, loc="outside lower center", ncols=4)
    return drawing


def _epoch_means(
    losses: npt.NDArray[np.float32], steps_per_epoch: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the middle step and the mean loss of each epoch; NaN from the epoch that diverged on."""
    epochs = losses.reshape(-1, steps_per_epoch)
    middle = steps_per_epoch * np.arange(len(epochs)) + (steps_per_epoch + 1) // 2
    return middle, epochs.mean(axis=1)
