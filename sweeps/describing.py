"""Trackers that are told of records and hold descriptions of runs."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sweeps.measured_sharpness import Sharpness, measured_sharpness
from sweeps.mirror import confirmed_run, search_run, search_trial, study_run
from sweeps.mirrored_run import MirroredRun, Rows
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord
from sweeps.tracker import Tracker

__all__ = ["Collecting", "Describing", "Detail"]

Detail = Literal["trials", "all"]


class Describing(Tracker):
    """Describes what it is told as runs of a tracker, and takes these.

    Arguments:
        name: the study's.
        paths: the study's.
        detail: ``trials`` for one run a trial of the search, ``all`` for one a training of it.
    """

    def __init__(self, name: str, paths: StudyPaths, detail: Detail) -> None:
        self._name, self._paths, self._detail = name, paths, detail

    @abstractmethod
    def take(self, describe: Callable[[], MirroredRun]) -> None:
        """Take a run; to describe it may fail."""

    def search_trial(self, number: int, records: Sequence[RunRecord], objective: float) -> None:
        if self._detail == "trials":
            self.take(lambda: search_trial(self._name, number, records, objective))
            return
        for record in records:
            self.take(lambda record=record: search_run(self._name, record))  # type: ignore[misc]

    def confirmed_run(self, record: RunRecord, groups: Sequence[str]) -> None:
        self.take(lambda: confirmed_run(self._name, record, groups, self._sharpness))

    def study(
        self,
        results: Mapping[str, Any],
        tables: Mapping[str, Rows],
        figures: Sequence[Path],
        artifacts: Mapping[str, Sequence[Path]],
    ) -> None:
        self.take(lambda: study_run(self._name, results, tables, figures, artifacts))

    @cached_property
    def _sharpness(self) -> Sharpness:
        return measured_sharpness(self._paths)


class Collecting(Describing):
    """Keeps the descriptions.

    Attributes:
        runs: by their ids, in the order in which they were told.
    """

    def __init__(self, name: str, paths: StudyPaths, detail: Detail) -> None:
        super().__init__(name, paths, detail)
        self.runs: dict[str, MirroredRun] = {}

    def take(self, describe: Callable[[], MirroredRun]) -> None:
        run = describe()
        self.runs[run.id] = run

    def close(self) -> None:
        """Do nothing: all is here."""
