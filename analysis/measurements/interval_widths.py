"""How wide an interval so many seeds give, by group, and how far one that varies a single stream can be trusted."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["IntervalWidths"]


@dataclass(frozen=True)
class IntervalWidths(Measurement):
    """Cuts each compared recipe's report seeds into disjoint blocks, and takes each block for a study of its own.

    Estimates: ``interval_half_width[n=10, model=MLP]``, half the width of Student's 95 % interval of so many seeds, a
    mean over the blocks; and of groups with crossed seeds ``one_stream_coverage[init, model=MLP]``, how often the
    interval of runs that differ in their initial weights alone holds the mean over all luck, a mean over the levels of
    the stream crossed last that is held still.

    Arguments:
        counts: seeds of a block.
    """

    counts: tuple[int, ...] = (3, 5, 10, 20)

    @property
    def name(self) -> str:
        return "interval_widths"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.interval_widths import measure

        measure(self, paths)
