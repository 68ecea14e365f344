"""The loss in random planes through a solution of every group."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Planes"]


@dataclass(frozen=True)
class Planes(Measurement):
    """The training loss in the plane of two filter-normalised directions, for eyes alone: it brings no estimates.

    Arguments:
        points: on each side.
        reach: how far to go from the middle; 1 moves every unit by the norm of its weights.
        groups: by their keys; all unless given.

    References:
        | Visualizing the loss landscape of neural nets (Li et al., 2018)
        | https://arxiv.org/abs/1712.09913
    """

    points: int = 51
    reach: float = 1.0
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "planes"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.figures import planes_by_group
        from analysis.group_files import Picture, write_groups
        from analysis.json_numbers import listed
        from analysis.run_groups import measured_study, surface_of
        from analysis.slices import random_plane

        study = measured_study(paths, 1).only(self.groups)
        found = {
            each.label: random_plane(*surface_of(each.records[0]), seed=0, reach=self.reach, points=self.points)
            for each in study.groups
        }
        ends = {label: (each.losses.min(), each.losses.max()) for label, each in found.items()}
        ranges = ", ".join(f"{label} {low:.3g} to {high:.3g}" for label, (low, high) in ends.items())
        write_groups(
            study,
            self.name,
            "Planes through the solutions",
            {
                label: {
                    "x": listed(each.x),
                    "y": listed(each.y),
                    "losses": listed(each.losses),
                    "checks": list(each.checks),
                }
                for label, each in found.items()
            },
            [],
            [
                Picture(
                    "planes",
                    lambda: planes_by_group.draw(found, study.unit),
                    "The training loss in the plane of two random filter-normalised directions through one solution"
                    " each, in one scale of colours (Li et al., 2018; n = 1, no interval).",
                    f"Contours of the training loss: {ranges}.",
                )
            ],
        )
