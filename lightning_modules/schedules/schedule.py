"""What a learning-rate schedule is."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

__all__ = ["Schedule"]


class Schedule(ABC):
    """The learning rate's multiplier at every step; subclasses are frozen dataclasses of its settings.

    The rate changes at every step (not every epoch), so a schedule is one
    vector over the steps of a training.
    """

    @abstractmethod
    def multipliers(self, steps: int) -> npt.NDArray[np.float64]:
        """Return the factor on the learning rate before each step, (steps,)."""

    def cycle_ends(self, steps: int) -> tuple[int, ...]:
        """Return how many steps have been taken at the end of each cycle; the last is `steps`.

        A snapshot is taken there. A schedule without cycles has one end.
        """
        return (steps,)

    def check(self, epochs: int) -> None:  # noqa: B027 - most schedules fit any number of epochs
        """Raise `InvalidInput` if the schedule does not fit into this many epochs."""
