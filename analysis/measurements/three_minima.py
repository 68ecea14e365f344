"""The training loss in the plane through three snapshots of one cyclic training, and through three independent runs."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["ThreeMinima"]


@dataclass(frozen=True)
class ThreeMinima(Measurement):
    """Draws the three minima of each condition: the first, middle and last snapshot, and three independent runs.

    One report seed of each, the first that has both or either; there is no interval, and no estimate.

    Arguments:
        within: the field that tells conditions apart, as `group_of` has it; empty for one condition.
        members: networks of each kind, of which three are shown.
        points: on each side of a plane.
    """

    within: str = ""
    members: int = 5
    points: int = 51

    @property
    def name(self) -> str:
        return "three_minima"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.three_minima import measure

        measure(self, paths)
