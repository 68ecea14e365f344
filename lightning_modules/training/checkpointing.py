"""Writing down where a stack stands while it trains."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytorch_lightning as pl

from lightning_modules.training.capture import capture
from lightning_modules.training.checkpoint import Checkpoint
from lightning_modules.training.early_stopping import EarlyStoppingCallback
from lightning_modules.training.snapshots import SnapshotCallback
from lightning_modules.training.stack_module import StackModule

__all__ = ["CheckpointCallback", "Checkpointing"]

# Writing takes a few milliseconds a run; a training that a kill takes back to its start may be lost.
_seconds = 60.0


@dataclass(frozen=True)
class Checkpointing:
    """When a stack is written down, and by whom.

    Arguments:
        keep: is given the checkpoint of each run.
        every: epochs from one to the next; None for the end of any epoch once a minute has passed since the last.
    """

    keep: Callable[[Sequence[Checkpoint]], None]
    every: int | None = None

    def due(self, epochs: int, seconds: float) -> bool:
        """Return whether to write now.

        Arguments:
            epochs: completed ones.
            seconds: since it was last written, or since the training began.
        """
        return seconds >= _seconds if self.every is None else epochs % self.every == 0


class CheckpointCallback(pl.Callback):
    """Writes down where all runs of a stack stand after an epoch, when that is due; never after the last.

    Arguments:
        checkpointing: tells when, and takes what there is to write.
        snapshots: that the stack took.
        stopping: that watches it.
        clock: seconds from any start, never set back.
    """

    def __init__(
        self,
        checkpointing: Checkpointing,
        snapshots: SnapshotCallback,
        stopping: EarlyStoppingCallback,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checkpointing, self._snapshots, self._stopping, self._clock = checkpointing, snapshots, stopping, clock
        self._written = clock()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write if it is time; validation and early stopping have had their turn."""
        assert isinstance(pl_module, StackModule)
        epochs = trainer.current_epoch + 1
        if epochs == trainer.max_epochs or not self._checkpointing.due(epochs, self._clock() - self._written):
            return
        self._checkpointing.keep(capture(pl_module, self._snapshots, self._stopping, epochs))
        self._written = self._clock()
