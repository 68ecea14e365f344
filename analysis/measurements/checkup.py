"""The recipe for training in seven steps, gone through with a study's best recipe."""

from dataclasses import dataclass

from lightning_modules.checks import require_integer
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["CheckupOfWinner"]


@dataclass(frozen=True)
class CheckupOfWinner(Measurement):
    """Initial loss, five batches, range of rates, two grids, learning curves and a diagnosis.

    Its estimates are those of `analysis.checkup.evidence`.

    Arguments:
        effort: epochs of the finer grid.

    Raises:
        InvalidInput: for an effort below 1.
    """

    effort: int = 20

    name = "checkup_of_winner"

    def __post_init__(self) -> None:
        require_integer("The checkup's effort", self.effort, at_least=1)

    def measure(self, paths: StudyPaths) -> None:
        from analysis.checkup.of_study import check_winner

        check_winner(paths, self.name, self.effort)
