"""What a tracker is: it is told what is complete, for people to look at elsewhere."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sweeps.mirrored_run import Rows
from sweeps.record import RunRecord

__all__ = ["NoTracker", "SeveralTrackers", "Tracker"]


class Tracker(ABC):
    """Is told what is complete; never holds up the study and never fails it.

    Use it as a context manager: leaving it waits until everything is written.
    """

    @abstractmethod
    def search_trial(self, number: int, records: Sequence[RunRecord], objective: float) -> None:
        """Take the complete runs of a trial of the search, one at least, and what the search was told of it."""

    @abstractmethod
    def confirmed_run(self, record: RunRecord, groups: Sequence[str]) -> None:
        """Take a confirmed run and the labels of the groups that its recipe stands for."""

    @abstractmethod
    def study(
        self,
        results: Mapping[str, Any],
        tables: Mapping[str, Rows],
        figures: Sequence[Path],
        artifacts: Mapping[str, Sequence[Path]],
    ) -> None:
        """Take the content of ``results.json``, the rows of each table, the figures and, by a name, files together."""

    @abstractmethod
    def close(self) -> None:
        """Wait until everything is written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SeveralTrackers(Tracker):
    """Tells all of several trackers.

    Arguments:
        trackers: to be told; of none this tracks nothing.
    """

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = tuple(trackers)

    def search_trial(self, number: int, records: Sequence[RunRecord], objective: float) -> None:
        for tracker in self._trackers:
            tracker.search_trial(number, records, objective)

    def confirmed_run(self, record: RunRecord, groups: Sequence[str]) -> None:
        for tracker in self._trackers:
            tracker.confirmed_run(record, groups)

    def study(
        self,
        results: Mapping[str, Any],
        tables: Mapping[str, Rows],
        figures: Sequence[Path],
        artifacts: Mapping[str, Sequence[Path]],
    ) -> None:
        for tracker in self._trackers:
            tracker.study(results, tables, figures, artifacts)

    def close(self) -> None:
        for tracker in self._trackers:
            tracker.close()


class NoTracker(SeveralTrackers):
    """Tracks nothing."""

    def __init__(self) -> None:
        super().__init__(())
