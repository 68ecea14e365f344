"""How wide the minima of every group are."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["MinimumWidth"]


@dataclass(frozen=True)
class MinimumWidth(Measurement):
    """How far one can go along filter-normalised directions until the loss has risen (`analysis.sharpness.width`).

    Estimates: ``minimum_width[GROUP]``, of each run the median over directions,
    and ``minimum_width_difference[GROUP - GROUP]`` within each seed. A distance
    of 1 moves every unit by the norm of its weights.

    Arguments:
        runs: of each group, at most.
        rise: of the loss, in its unit.
        directions: from each solution.
        farthest: a run that has not risen so much by then counts as this far.
        differences: pairs of groups to be compared.
    """

    runs: int = 20
    rise: float = 0.1
    directions: int = 20
    farthest: float = 10.0
    differences: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return "minimum_width"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.figures import by_group
        from analysis.group_files import Picture, listed_amounts, write_groups
        from analysis.inference.of_groups import group_difference, group_mean
        from analysis.run_groups import measured_study, of_pairs, surface_of
        from analysis.sharpness.width import width

        study = measured_study(paths, self.runs)
        found: dict[str, dict[int, float]] = {}
        checks = {}
        for each in study.groups:
            wide = [
                width(*surface_of(record), rise=self.rise, directions=self.directions, farthest=self.farthest).value
                for record in each.records
            ]
            found[each.key] = {seed: min(value, self.farthest) for seed, value in zip(each.seeds, wide, strict=True)}
            far = sum(value > self.farthest for value in wide)
            checks[each.key] = [f"{far} of {len(wide)} runs count as {self.farthest:g}, and are wider"] if far else []
        means = {
            each.label: {"": group_mean(list(found[each.key].values()), f"minimum_width[{each.key}]", "target")}
            for each in study.groups
        }
        differences = [
            group_difference(
                found[first.key],
                found[second.key],
                f"minimum_width_difference[{first.key} - {second.key}]",
                "target difference",
            )
            for first, second in of_pairs(study.groups, self.differences)
        ]
        write_groups(
            study,
            self.name,
            "Width of the minima",
            {each.label: {"widths": found[each.key], "checks": checks[each.key]} for each in study.groups},
            [*(own[""] for own in means.values()), *differences],
            [
                Picture(
                    "minimum_width",
                    lambda: by_group.draw(means, f"filter-normalised distance to a rise of {self.rise:g}"),
                    f"How far one can go along random filter-normalised directions until the loss has risen by"
                    f" {self.rise:g}; a dot a run, the median over {self.directions} directions; the mean over runs"
                    " with Student's 95 % interval.",
                    f"Widths: {listed_amounts(means)}.",
                )
            ],
        )
