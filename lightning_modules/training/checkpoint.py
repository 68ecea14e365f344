"""Where a run stood after an epoch."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy.typing as npt

from lightning_modules.backend import Backend
from lightning_modules.recipe import Run
from lightning_modules.training.result import Snapshot

__all__ = ["Checkpoint", "Kept"]

Array = npt.NDArray[Any]


class Kept(NamedTuple):
    """What a run was after an epoch: its weights (parameters,) and what it carries by name."""

    epoch: int
    weights: Array
    carried: dict[str, Array]


@dataclass(frozen=True)
class Checkpoint:
    """All that the further course of a run depends on, whatever it is stacked with afterwards.

    No generator's state is part of it: everything random is a pure function of
    seeds, epoch and step. Nor is a schedule's, a pure function of the step.

    Arguments:
        run: that is trained.
        backend: that was asked for.
        epochs: completed ones, at least 1.
        diverged_step: as `RunResult` has it.
        weights: (parameters,); None of a run that has left its stack, diverged or stopped.
        carried: buffers and frozen parameters by name; empty of a run that has left.
        state: of the optimizer by name; empty of a run that has left.
        train_loss: (steps taken,).
        validation_loss: (epochs,).
        validation_score: (epochs,).
        gradient_norm: (epochs,).
        weight_norm: (epochs,).
        snapshots: taken so far.
        kept: what early stopping keeps, or None.
    """

    run: Run
    backend: Backend
    epochs: int
    diverged_step: int | None
    weights: Array | None
    carried: dict[str, Array]
    state: dict[str, Array]
    train_loss: Array
    validation_loss: Array
    validation_score: Array
    gradient_norm: Array
    weight_norm: Array
    snapshots: tuple[Snapshot, ...]
    kept: Kept | None
