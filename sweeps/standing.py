"""What a run is worth after some of its epochs, by its curves: those of its record, or of its checkpoint."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lightning_modules.backend import Backend
from lightning_modules.recipe import Run
from sweeps.checkpoints import read_checkpoint
from sweeps.objective import worth
from sweeps.store import RunStore
from sweeps.study import Metric

__all__ = ["Standing", "rungs_reached", "standing_of"]


@dataclass(frozen=True)
class Standing:
    """What a run is worth after some of its epochs.

    Arguments:
        value: of the study's metric, as `objective` has it.
        diverged: whether it had diverged by then.
    """

    value: float
    diverged: bool


def standing_of(store: RunStore, run: Run, epochs: int, metric: Metric, backend: Backend) -> Standing | None:
    """Return what a run of a search was worth after so many epochs; None if it has not been trained so far.

    With early stopping it is that of the weights that the run would have kept.

    Arguments:
        store: holds the run's record or its checkpoint.
        run: to be judged.
        epochs: after which.
        metric: what the study optimizes.
        backend: a checkpoint of another is not looked at.

    Raises:
        InvalidInput: if the run's record or its curves cannot be read.
    """
    if (record := store.find(run, "search")) is not None:
        curves, diverged_step, steps = record.curves(), record.diverged_step, record.steps_per_epoch
        losses, values = curves["validation_loss"], curves[metric]
    else:
        checkpoint = read_checkpoint(store.path(run), run, backend)
        if checkpoint is None or checkpoint.epochs < epochs:
            return None
        diverged_step, steps = checkpoint.diverged_step, len(checkpoint.train_loss) // checkpoint.epochs
        losses = checkpoint.validation_loss
        values = losses if metric == "validation_loss" else checkpoint.validation_score
    # A record keeps its curves in single precision: what a run is worth must not depend on where it is read.
    losses, values = losses[:epochs].astype(np.float32), values[:epochs].astype(np.float32)
    if diverged_step is not None and diverged_step <= epochs * steps:
        return Standing(worth(run, None, metric), diverged=True)
    kept = run.recipe.stopping.best(losses.tolist())
    value = float(values[-1 if kept is None else kept])
    return Standing(worth(run, value if math.isfinite(value) else None, metric), diverged=False)


def rungs_reached(store: RunStore, run: Run, rungs: Sequence[int], backend: Backend) -> int:
    """Return at how many rungs, given in epochs, a run of a search has been, its end counted as one."""
    if store.find(run, "search") is not None:
        return len(rungs) + 1
    checkpoint = read_checkpoint(store.path(run), run, backend)
    return 0 if checkpoint is None else sum(checkpoint.epochs >= epochs for epochs in rungs)
