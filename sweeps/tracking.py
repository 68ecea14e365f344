"""Which trackers a study has."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from lightning_modules.errors import InvalidInput
from sweeps.describing import Detail
from sweeps.mirroring import Mirroring
from sweeps.paths import StudyPaths
from sweeps.tracker import SeveralTrackers, Tracker
from sweeps.writers.csv_writer import CsvWriter
from sweeps.writers.mlflow_writer import MlflowWriter
from sweeps.writers.tensorboard_writer import TensorBoardWriter
from sweeps.writers.wandb_writer import WandbWriter
from sweeps.writers.writer import Writer

__all__ = ["Tracking", "tracker_of"]

_writers: Mapping[str, Callable[[Path], Writer]] = MappingProxyType(
    {"csv": CsvWriter, "tensorboard": TensorBoardWriter, "mlflow": MlflowWriter}
)
_needs = MappingProxyType({"tensorboard": "tensorboard", "mlflow": "mlflow"})


@dataclass(frozen=True)
class Tracking:
    """Where the runs of a study are mirrored.

    Arguments:
        wandb: W&B's mode, online, offline or disabled; None does as ``WANDB_MODE`` says, and without it offline.
        detail: ``trials`` for one run a trial of the search, ``all`` for one a training of it.
        others: csv, tensorboard or mlflow besides.

    Raises:
        InvalidInput: for another mode, detail or name, or a tracker that is not installed.
    """

    wandb: str | None = None
    detail: Detail = "trials"
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.wandb not in (None, "online", "offline", "disabled"):
            raise InvalidInput(f"W&B's mode is {self.wandb!r}: give --wandb online or offline, or --no-wandb.")
        if self.detail not in ("trials", "all"):
            raise InvalidInput(f"W&B runs are for {self.detail!r}: give --wandb-runs trials or all.")
        for name in self.others:
            if name not in _writers:
                raise InvalidInput(f"There is no tracker {name!r}: give --tracker {', '.join(_writers)}.")
            if name in _needs and find_spec(_needs[name]) is None:
                raise InvalidInput(
                    f"--tracker {name} needs {_needs[name]}, which is not installed: pip install 'lossatlas[{name}]'."
                )

    def writers(self, paths: StudyPaths) -> list[Writer]:
        """Return what writes the runs of a study."""
        mode = self.wandb or os.environ.get("WANDB_MODE") or "offline"
        first: Sequence[Writer] = () if mode == "disabled" else (WandbWriter(paths.tracking, mode),)
        return [*first, *(_writers[name](paths.trackers / name) for name in dict.fromkeys(self.others))]


def tracker_of(name: str, paths: StudyPaths, tracking: Tracking) -> Tracker:
    """Return the tracker of a study.

    Arguments:
        name: the study's.
        paths: the study's.
        tracking: where to.
    """
    return SeveralTrackers([Mirroring(name, paths, writer, tracking.detail) for writer in tracking.writers(paths)])
