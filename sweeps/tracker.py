"""What a tracker is: it is told what is complete, for people to look at elsewhere."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sweeps.mirror import Rows
from sweeps.record import RunRecord

__all__ = ["NoTracker", "Tracker"]


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
    def study(self, results: Mapping[str, Any], tables: Mapping[str, Rows], figures: Sequence[Path]) -> None:
        """Take the content of ``results.json``, the rows of each table and the figures' files."""

    @abstractmethod
    def close(self) -> None:
        """Wait until everything is written."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class NoTracker(Tracker):
    """Tracks nothing."""

    def search_trial(self, number: int, records: Sequence[RunRecord], objective: float) -> None:
        """Do nothing."""

    def confirmed_run(self, record: RunRecord, groups: Sequence[str]) -> None:
        """Do nothing."""

    def study(self, results: Mapping[str, Any], tables: Mapping[str, Rows], figures: Sequence[Path]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
