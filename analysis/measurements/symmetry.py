"""What permuting hidden units and flipping their signs changes."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Symmetry"]


@dataclass(frozen=True)
class Symmetry(Measurement):
    """The largest change of the loss under random symmetries of each solution, in double precision.

    A network whose M hidden units can be put in another order has M! copies
    of each minimum, and 2^M more with tanh: no minimum is the only one.

    Estimates: ``loss_change[permutation, GROUP]`` of chains of layers, and
    ``loss_change[sign flip, GROUP]`` of those with odd activations.

    Arguments:
        runs: of each group, at most.
        draws: random symmetries of each solution.

    References:
        | On the algebraic structure of feedforward network weight spaces (Hecht-Nielsen, 1990)
        | https://doi.org/10.1016/B978-0-444-88400-8.50019-4
    """

    runs: int = 10
    draws: int = 5

    @property
    def name(self) -> str:
        return "symmetry"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.group_files import write_groups
        from analysis.inference.of_groups import group_mean
        from analysis.paths.symmetry import changes
        from analysis.run_groups import measured_study

        study = measured_study(paths, self.runs)
        content, estimates = {}, []
        for each in study.groups:
            found, checks = changes(each.records, self.draws)
            content[each.label] = {**found, "checks": checks}
            estimates += [
                group_mean(values, f"loss_change[{kind}, {each.key}]", "target") for kind, values in found.items()
            ]
        write_groups(study, self.name, "Symmetries", content, estimates, [])
