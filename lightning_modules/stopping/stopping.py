"""What decides that a run has trained enough."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

__all__ = ["Stopping"]


class Stopping(ABC):
    """A rule over a run's validation losses; subclasses are frozen dataclasses.

    The runs of a stack may have different rules.
    """

    @abstractmethod
    def best(self, losses: Sequence[float]) -> int | None:
        """Return the epoch (from 0) whose weights are kept, given the validation loss after each so far.

        None keeps those of the last epoch.
        """

    @abstractmethod
    def stops(self, losses: Sequence[float]) -> bool:
        """Tell whether the run stops after the last of these epochs."""
