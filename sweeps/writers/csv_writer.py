"""Runs as CSV files."""

import shutil
from typing import TYPE_CHECKING, ClassVar

from sweeps.mirrored_run import MirroredRun
from sweeps.writers.lightning_writer import LightningWriter, path_of

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

__all__ = ["CsvWriter"]


class CsvWriter(LightningWriter):
    """Writes ``JOB_TYPE/RUN/metrics.csv`` and ``hparams.yaml``."""

    title: ClassVar[str] = "CSV"

    def held(self) -> None:
        return None

    def logger(self, run: MirroredRun) -> "Logger":
        from pytorch_lightning.loggers import CSVLogger

        place = self.place / path_of(run)
        shutil.rmtree(place, ignore_errors=True)
        return CSVLogger(place.parent, place.name, version="")
