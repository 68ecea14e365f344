"""What training a run gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lightning_modules.backend import Backend
from lightning_modules.data.dataset import Targets
from lightning_modules.recipe import Run

__all__ = ["RunResult", "Snapshot"]

Array = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Snapshot:
    """The weights at a cycle's end, with what they predict.

    Arguments:
        step: steps taken.
        weights: every parameter and every buffer by its name.
        predictions: by part (validation, calibration, test), (examples, k), as `Loss.prediction` says.
        test_loss: the mean of the recipe's loss on the test set.
    """

    step: int
    weights: dict[str, Array]
    predictions: dict[str, Array]
    test_loss: float


@dataclass(frozen=True)
class RunResult:
    """The course and the outcome of one run.

    Arguments:
        run: what was trained.
        steps_per_epoch: steps in one epoch.
        diverged_step: the step (from 1) whose loss, or the validation loss after it, was first not finite, or None.
        kept_epoch: the epoch (from 0) whose weights early stopping kept, or None: the last one's.
        train_loss: each step's mean loss over its batch before the update, (steps,); NaN after divergence or stopping.
        validation_loss: after each epoch, (epochs,); NaN after divergence or stopping.
        validation_score: after each epoch, of the task's score (accuracy, a fraction), (epochs,); NaN after divergence
            or stopping.
        gradient_norm: of the batch loss, without what the optimizer adds or clips, before each epoch's last step,
            (epochs,); NaN after divergence or stopping.
        weight_norm: of all trained parameters after each epoch, (epochs,); NaN after divergence or stopping.
        snapshots: at the cycle ends that were reached, before divergence; with early stopping those before the best
            epoch, then the best.
        targets: the true ones by part, as the data set has them.
        backend: that was asked for.
    """

    run: Run
    steps_per_epoch: int
    diverged_step: int | None
    kept_epoch: int | None
    train_loss: Array
    validation_loss: Array
    validation_score: Array
    gradient_norm: Array
    weight_norm: Array
    snapshots: tuple[Snapshot, ...]
    targets: dict[str, Targets]
    backend: Backend = "auto"
