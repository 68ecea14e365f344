"""The record of a run: the one file that says it is complete, and the arrays beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lightning_modules.backend import Backend
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.score import Score, score_of
from sweeps.files import checksum, read_arrays

__all__ = ["Purpose", "RunRecord"]

Array = npt.NDArray[Any]
Purpose = Literal["search", "confirm", "single"]


@dataclass(frozen=True)
class RunRecord:
    """What is known of a completed run.

    A run of the search keeps its curves only: its weights are not needed, and
    nothing of the test set is looked at before the winners are confirmed.

    Arguments:
        folder: where the run lies.
        run: the recipe and its seeds.
        purpose: why it was trained.
        steps_per_epoch: steps in one epoch.
        diverged_step: the step (from 1) whose loss was first not finite, or None.
        kept_epoch: the epoch (from 0) whose weights early stopping kept, or None: the last one's.
        metrics: of the weights kept: validation_accuracy (a fraction; of regression validation_rmse, in the
            targets' unit), validation_loss, train_loss (mean of the last epoch), and test_accuracy (test_rmse),
            test_loss for a confirmed run; empty if the run diverged.
        snapshot_steps: steps taken at each snapshot kept.
        files: the checksum of each file beside the record.
        backend: that was asked for.
    """

    folder: Path
    run: Run
    purpose: Purpose
    steps_per_epoch: int
    diverged_step: int | None
    kept_epoch: int | None
    metrics: Mapping[str, float]
    snapshot_steps: tuple[int, ...]
    files: Mapping[str, str]
    backend: Backend = "auto"

    @property
    def recipe(self) -> Recipe:
        """The run's recipe."""
        return self.run.recipe

    @property
    def seeds(self) -> Seeds:
        """The run's seeds."""
        return self.run.seeds

    @property
    def score(self) -> Score:
        """What the run is judged by: ``validation_NAME`` and ``test_NAME`` among its metrics."""
        return score_of(self.recipe.loss.task)

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.recipe.epochs

    def curves(self) -> dict[str, Array]:
        """Return train_loss (steps,) and by epoch validation_loss, validation_accuracy or _rmse, and norms, (epochs,).

        ``gradient_norm`` and ``weight_norm`` are as `RunResult` has them; a run
        of an earlier version has neither. All are NaN once a run diverged.
        """
        return self._arrays("curves.safetensors")

    def predictions(self) -> dict[str, Array]:
        """Return the predictions by part and the true targets.

        ``validation``, ``calibration`` and ``test`` are (snapshots, examples,
        k), as the loss's `prediction` says: of classification k = classes, of
        regression the means, followed by the variances if there are any;
        ``validation_targets`` and so on are (examples,) or (examples, outputs).
        """
        return self._arrays("predictions.safetensors")

    def snapshots(self) -> list[dict[str, Array]]:
        """Return the weights of each snapshot, by parameter name."""
        arrays = self._arrays("snapshots.safetensors")
        names = sorted({name.partition("/")[2] for name in arrays})
        return [{name: arrays[f"{index}/{name}"] for name in names} for index in range(len(self.snapshot_steps))]

    def learning_rates(self) -> npt.NDArray[np.float64]:
        """Return the learning rate of each step, (steps,)."""
        return self.recipe.optimizer.learning_rate * self.recipe.schedule.multipliers(self.steps)

    def _arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays of a file that is what the record says.

        Raises:
            InvalidInput: if it is missing, damaged or another.
        """
        path = self.folder / name
        arrays = read_arrays(path)
        if checksum(path) != self.files.get(name):
            raise InvalidInput(f"{path} is not what its record says: move its folder away and run again.")
        return arrays
