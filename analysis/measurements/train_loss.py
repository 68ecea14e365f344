"""The training loss of the final networks of each group, and its differences within each seed."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["TrainLoss"]


@dataclass(frozen=True)
class TrainLoss(Measurement):
    """Measures how far each compared recipe got down on what it was trained on.

    Estimates: ``train_loss[schedule=cosine]`` and
    ``train_loss_difference[schedule=cosine - schedule=constant]`` of every ordered pair, paired by the report seeds.
    A run that diverged has no training loss; it is left out and counted.
    """

    @property
    def name(self) -> str:
        return "train_loss"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.train_loss import measure

        measure(self, paths)
