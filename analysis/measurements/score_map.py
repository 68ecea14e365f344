"""The test scores of all combinations of several fields."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["ScoreMap"]


@dataclass(frozen=True)
class ScoreMap(Measurement):
    """A map: the first field's values from above, the others' from left to right; it brings no estimates of its own.

    Arguments:
        field: of the study's `group_by`, several with commas between; the last of them if it is empty.
    """

    field: str = ""

    name = "score_map"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.score_map import measure_score_map

        measure_score_map(paths, self.name, self.field)
