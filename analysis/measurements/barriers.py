"""The barriers between the runs of every group, before and after their units are matched, and between snapshots."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Barriers"]


@dataclass(frozen=True)
class Barriers(Measurement):
    """Barriers of the training loss, see `analysis.paths.barrier_estimates`.

    Estimates: ``barrier[linear, GROUP]``, ``barrier[aligned, GROUP]``,
    ``barrier[snapshots, GROUP]``, ``barrier_difference[aligned - linear, GROUP]``,
    ``barrier_difference[snapshots - linear, GROUP]`` and for pairs of groups
    ``barrier_difference[aligned, GROUP - GROUP]``.

    Arguments:
        runs: of each group, at most.
        points: on each path, both ends included.
        differences: pairs of groups to be compared.
    """

    runs: int = 10
    points: int = 25
    differences: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return "barriers"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.barriers import paths_of_runs
        from analysis.paths.group_files import write_barriers
        from analysis.run_groups import measured_study

        study = measured_study(paths, self.runs)
        found = {each.key: paths_of_runs(each.label, each.records, study.unit, self.points) for each in study.groups}
        write_barriers(study, self.name, found, self.differences)
