"""Runs for the trackers that Lightning has a logger of."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeps.export import flat
from sweeps.mirrored_run import MirroredRun
from sweeps.writers.writer import Writer

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

__all__ = ["LightningWriter", "metrics_of", "path_of"]


@dataclass(frozen=True)
class LightningWriter(Writer):
    """Writes runs by one of Lightning's loggers.

    A logger speaks of hyper-parameters and of numbers at steps: curves have
    their own names, what is final is ``final/NAME``, a snapshot's scores are
    ``snapshot/NAME``, and the study's run has ``estimate/NAME`` with its ends
    and its n. Tables, figures and files stay in the report.

    Arguments:
        place: the tracker's folder.
    """

    place: Path

    @property
    def folder(self) -> Path:
        return self.place

    @property
    def target(self) -> str:
        return "folder"

    @abstractmethod
    def logger(self, run: MirroredRun) -> "Logger":
        """Return the logger of a run, of which nothing is left of an earlier writing."""

    def write(self, run: MirroredRun) -> None:
        logger = self.logger(run)
        about = {"id": run.id, "group": run.group, "job_type": run.job_type, "tags": ", ".join(run.tags)}
        logger.log_hyperparams(about | _settings(run.config))
        for step, metrics in metrics_of(run):
            logger.log_metrics(metrics, step=step)
        logger.finalize("success")


def metrics_of(run: MirroredRun) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield the numbers of a run with their steps: those of its history, of its snapshots, then what is final."""
    last = 0
    for row in run.history():
        last = int(row["step"])
        yield last, {name: value for name, value in row.items() if name != "step"}
    summary = run.summary()
    for row in summary.get("snapshots", ()):
        yield int(row["step"]), {f"snapshot/{name}": value for name, value in row.items() if name != "step"}
    final = {f"final/{name}": float(value) for name, value in summary.items() if _is_number(value)}
    for each in summary.get("estimates", ()):
        ends = {"": each["value"], "/low": each["low"], "/high": each["high"], "/n": each["n"]}
        final |= {f"estimate/{each['name']}{end}": float(value) for end, value in ends.items() if _is_number(value)}
    if final:
        yield last, final


def path_of(run: MirroredRun) -> Path:
    """Return where a run lies in a tracker's folder: its job type, then its name."""
    return Path(run.job_type, run.name.replace(" ", "-").replace("/", "-"))


def _settings(config: Any) -> dict[str, Any]:
    """Return a run's configuration as named plain values."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        found |= flat(value, name)
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
