"""All ensembles that a study's runs allow, against the single network and each other, within each condition."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Ensembles"]


@dataclass(frozen=True)
class Ensembles(Measurement):
    """Makes all ensembles of each condition's confirmed recipes and compares them, paired by the report seeds.

    Estimates: ``ensemble_accuracy[snapshot of 5, CONDITION]`` and
    ``ensemble_accuracy_difference[snapshot of 5 - single, CONDITION]``, so for every metric and method, against
    each of the rows named.

    Arguments:
        within: the field that tells conditions apart, as `group_of` has it; empty for one condition.
        members: that all methods are compared with.
        against: rows that others are compared with, the single network first.
    """

    within: str = ""
    members: int = 5
    against: tuple[str, ...] = ("single",)

    @property
    def name(self) -> str:
        return "ensembles"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.ensembles import measure

        measure(self, paths)
