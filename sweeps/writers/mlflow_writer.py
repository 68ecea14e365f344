"""Runs for MLflow."""

import logging
import os
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from sweeps.mirrored_run import MirroredRun
from sweeps.writers.lightning_writer import LightningWriter

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger, MLFlowLogger

__all__ = ["MlflowWriter"]

_batch = 1000  # MLflow takes no more at once


class MlflowWriter(LightningWriter):
    """Writes the runs of an experiment that has the study's name.

    ``MLFLOW_TRACKING_URI`` says where to; without it they go to ``mlflow.db``, an SQLite database in the folder.
    """

    title: ClassVar[str] = "MLflow"

    @property
    def target(self) -> str:
        return quote(self._uri, safe=":/")

    def held(self) -> None:
        return None

    def logger(self, run: MirroredRun) -> "Logger":
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        logging.getLogger("pytorch_lightning.loggers.mlflow").setLevel(logging.ERROR)
        logger = _bulk_logger()(
            experiment_name=str(run.config["study"]),
            run_name=run.name,
            tracking_uri=self._uri,
            tags={"lossatlas.id": run.id, "lossatlas.group": run.group, "lossatlas.job_type": run.job_type},
            artifact_location=None if "MLFLOW_TRACKING_URI" in os.environ else str(self.place / "artifacts"),
        )
        client = logger.experiment
        for earlier in client.search_runs([logger.experiment_id], f"tags.`lossatlas.id` = '{run.id}'"):
            if earlier.info.run_id != logger.run_id:
                client.delete_run(earlier.info.run_id)
        return logger

    @property
    def _uri(self) -> str:
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(self.place / 'mlflow.db').absolute()}"


def _bulk_logger() -> "type[MLFlowLogger]":
    """Return Lightning's logger with all metrics of a run in few calls, each of which takes as long as an epoch."""
    from mlflow.entities import Metric
    from pytorch_lightning.loggers import MLFlowLogger

    class BulkLogger(MLFlowLogger):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._metrics: list[Metric] = []

        def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
            now = int(1000 * time.time())
            # Lightning drops every other character with a warning, MLflow refuses most of them.
            names = {name: re.sub(r"[^a-zA-Z0-9_/. -]", "_", name) for name in metrics}
            self._metrics += [Metric(names[name], value, now, step or 0) for name, value in metrics.items()]

        def finalize(self, status: str = "success") -> None:
            for start in range(0, len(self._metrics), _batch):
                self.experiment.log_batch(self.run_id, metrics=self._metrics[start : start + _batch])
            super().finalize(status)

    return BulkLogger
