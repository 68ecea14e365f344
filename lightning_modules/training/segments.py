"""What a stack is fed with: stretches of steps instead of batches of examples."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Segment", "Segments"]


class Segment(NamedTuple):
    """Consecutive steps of one epoch: from step `start` up to, not including, `stop`, counted over the training.

    A tuple, because Lightning walks through every batch in double precision and refuses a frozen dataclass.
    """

    epoch: int
    start: int
    stop: int


class Segments(Iterable[Segment]):
    """The segments of each epoch in turn, cut where some run's cycle ends.

    One pass is one epoch, as Lightning expects of a data loader; a segment is
    long because every batch that Lightning handles costs as much as several
    steps of a small network. There is no length on purpose: Lightning asks for
    one once, in the first epoch, and would end a later epoch with more
    segments early.

    Arguments:
        steps_per_epoch: steps in one epoch.
        cuts: numbers of steps after which a segment must end.
    """

    def __init__(self, steps_per_epoch: int, cuts: Iterable[int]) -> None:
        self._steps_per_epoch, self._cuts = steps_per_epoch, frozenset(cuts)
        self.epoch = 0
        self.sampler = self  # Lightning tells the epoch to a loader's sampler.

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next pass; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Segment]:
        first = self.epoch * self._steps_per_epoch
        last = first + self._steps_per_epoch
        start = first
        for stop in sorted({cut for cut in self._cuts if first < cut < last} | {last}):
            yield Segment(self.epoch, start, stop)
            start = stop
