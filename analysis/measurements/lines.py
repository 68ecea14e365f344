"""The loss along random lines through the solutions of every group."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Lines"]


@dataclass(frozen=True)
class Lines(Measurement):
    """The training loss along random filter-normalised directions, for eyes alone: it brings no estimates.

    Arguments:
        runs: of each group, at most.
        directions: through each solution.
        points: on each line.
        reach: how far to go to both sides; 1 moves every unit by the norm of its weights.

    References:
        | Visualizing the loss landscape of neural nets (Li et al., 2018)
        | https://arxiv.org/abs/1712.09913
    """

    runs: int = 3
    directions: int = 3
    points: int = 51
    reach: float = 1.0

    @property
    def name(self) -> str:
        return "lines"

    def measure(self, paths: StudyPaths) -> None:
        import numpy as np

        from analysis.figures import panels_of_lines
        from analysis.group_files import Picture, write_groups
        from analysis.json_numbers import listed
        from analysis.run_groups import measured_study, surface_of
        from analysis.shown import labelled
        from analysis.slices import random_line

        study = measured_study(paths, self.runs)
        found = {
            each.label: [
                random_line(
                    *surface_of(record), seed=0, directions=self.directions, reach=self.reach, points=self.points
                )
                for record in each.records
            ]
            for each in study.groups
        }
        drawn = {
            label: {"": (own[0].steps, np.concatenate([each.losses for each in own]))} for label, own in found.items()
        }
        positive = all((each.losses > 0).all() for own in found.values() for each in own)
        write_groups(
            study,
            self.name,
            "Lines through the solutions",
            {
                label: {
                    "steps": listed(own[0].steps),
                    "losses": [listed(each.losses) for each in own],
                    "checks": list(dict.fromkeys(check for each in own for check in each.checks)),
                }
                for label, own in found.items()
            },
            [],
            [
                Picture(
                    "lines",
                    lambda: panels_of_lines.draw(
                        drawn,
                        "step along a random filter-normalised direction",
                        labelled("training loss", study.unit),
                        logarithmic=positive,
                    ),
                    f"The training loss along {self.directions} random filter-normalised directions through each of"
                    f" up to {self.runs} solutions (Li et al., 2018), thick the median of all lines; no interval.",
                    "Lines of the training loss by group.",
                )
            ],
        )
