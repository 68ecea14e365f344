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

    def is_whole_after(self, taken: int, steps: int) -> bool:
        """Tell whether the first steps of a training are themselves a whole one by a schedule of this kind.

        Trainings may be compared there and most of them ended, as successive
        halving does. Within a cycle they may not: the rate is on its way to an
        end that is not reached, and what gains most from reaching it looks worst.
        At a cycle's end the training so far is one of fewer cycles. A schedule
        that has no end to be on its way to overrides this.

        Arguments:
            taken: steps, at least 1.
            steps: of the training that the schedule is for.
        """
        return taken in self.cycle_ends(steps)

    def check(self, epochs: int) -> None:  # noqa: B027 - most schedules fit any number of epochs
        """Raise `InvalidInput` if the schedule does not fit into this many epochs."""
