"""The critical points from along and around the trajectories of every group, with the yield and bias of the search."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["CriticalPointSearch"]


@dataclass(frozen=True)
class CriticalPointSearch(Measurement):
    """Searches by Newton-MR and by minimising the gradient's norm from the same starts (`analysis.critical`).

    All searches of a group are on one surface, the training loss of its first
    run with the weight decay given; starts are from the trajectories of all its runs, which intervals are
    over.

    Estimates: ``index_loss_correlation[GROUP]``, ``start_loss_correlation[GROUP]``,
    ``saddle_share[GROUP]``, ``saddle_share_difference[GROUP - GROUP]``,
    ``yield[METHOD, GROUP]`` and ``yield_difference[Newton-MR - gradient norm, GROUP]``.

    Arguments:
        runs: of each group, at most.
        between: starts on the straight line between initial weights and solution, besides these two.
        noises: of the starts around each of these, in lengths of the weights.
        steps: of Newton-MR, after which a search is given up; minimising the gradient's norm has three times as many.
        decay: weight decay λ of the surface, whose loss is the mean loss and ``½ λ ‖w‖²``.
        differences: pairs of groups whose shares of saddles are compared.
    """

    runs: int = 10
    between: int = 3
    noises: tuple[float, ...] = (0.1, 0.5)
    steps: int = 200
    decay: float = 0.0
    differences: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return "critical_points"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.critical.by_run import searches_by_run
        from analysis.critical.gradient_norm import GradientNorm
        from analysis.critical.group_files import write_critical_points
        from analysis.critical.newton_mr import NewtonMR
        from analysis.run_groups import measured_study

        study = measured_study(paths, self.runs)
        methods = (NewtonMR(steps=self.steps), GradientNorm(steps=3 * self.steps))
        found = {
            each.key: searches_by_run(each.records, methods, noises=self.noises, between=self.between, decay=self.decay)
            for each in study.groups
        }
        write_critical_points(study, self.name, found, self.differences)
