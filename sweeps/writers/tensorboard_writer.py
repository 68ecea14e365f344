"""Runs for TensorBoard."""

import shutil
from typing import TYPE_CHECKING, ClassVar

from sweeps.mirrored_run import MirroredRun
from sweeps.writers.lightning_writer import LightningWriter, path_of

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

__all__ = ["TensorBoardWriter"]


class TensorBoardWriter(LightningWriter):
    """Writes event files in ``JOB_TYPE/RUN/``, which ``tensorboard --logdir`` shows."""

    title: ClassVar[str] = "TensorBoard"

    def held(self) -> None:
        return None

    def logger(self, run: MirroredRun) -> "Logger":
        from pytorch_lightning.loggers import TensorBoardLogger

        place = self.place / path_of(run)
        shutil.rmtree(place, ignore_errors=True)
        return TensorBoardLogger(place.parent, place.name, version="", default_hp_metric=False)
