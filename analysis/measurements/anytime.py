"""The anytime curves of each group: what one would have had after every epoch, beside the learning rate's trace."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Anytime"]


@dataclass(frozen=True)
class Anytime(Measurement):
    """Averages the curves of each compared recipe over its report runs that did not diverge.

    Estimates: ``anytime_accuracy[schedule=cosine]`` (of regression ``anytime_rmse``), the mean over all epochs of the
    validation score: what a training stopped at a random epoch is worth.
    """

    @property
    def name(self) -> str:
        return "anytime"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.anytime import measure

        measure(self, paths)
