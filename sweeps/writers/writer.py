"""What writes runs for a tracker."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from sweeps.mirrored_run import MirroredRun

__all__ = ["Writer"]


class Writer(ABC):
    """Writes runs as one tracker has them; it travels to the process that writes, so it holds plain values.

    Attributes:
        title: the tracker's name.
    """

    title: ClassVar[str]

    @property
    @abstractmethod
    def folder(self) -> Path:
        """Where it writes, and where it is kept what is complete."""

    @property
    @abstractmethod
    def target(self) -> str:
        """Where runs go, in one word: what is complete here is not complete elsewhere."""

    @abstractmethod
    def held(self) -> frozenset[str] | None:
        """Return the ids of the runs that lie in the folder, complete or not; None where it cannot tell."""

    @abstractmethod
    def write(self, run: MirroredRun) -> None:
        """Write a run, in place of an earlier one of its id."""

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End what the writing began."""
