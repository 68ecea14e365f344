"""Whether the loss falls all the way from the initial weights to the solution, on the straight line between them."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["StartToEnd"]


@dataclass(frozen=True)
class StartToEnd(Measurement):
    """The training loss on the line from each run's initial weights to its solution (Goodfellow et al., 2015).

    Estimates: ``monotone_share[GROUP]``, of the runs whose loss never rises by
    more than a share of its whole fall, and ``start_to_end_barrier[GROUP]``.

    Arguments:
        runs: of each group, at most.
        points: on each line, both ends included.
        tolerance: the share of the fall by which the loss may rise.
    """

    runs: int = 20
    points: int = 51
    tolerance: float = 0.01

    @property
    def name(self) -> str:
        return "start_to_end"

    def measure(self, paths: StudyPaths) -> None:
        import numpy as np

        from analysis.figures import by_group, panels_of_lines
        from analysis.group_files import Picture, listed_amounts, write_groups
        from analysis.inference.of_groups import group_mean, group_share
        from analysis.json_numbers import listed
        from analysis.paths.start_to_end import only_falls, start_to_end
        from analysis.run_groups import measured_study
        from analysis.shown import labelled

        study = measured_study(paths, self.runs)
        lines = {each.label: [start_to_end(record, self.points) for record in each.records] for each in study.groups}
        shares, barriers = [], {}
        for each in study.groups:
            own = lines[each.label]
            falls = [only_falls(line.losses, self.tolerance) for line in own]
            shares.append(group_share(falls, f"monotone_share[{each.key}]"))
            heights = [line.loss_barrier.above_line for line in own]
            barriers[each.label] = {"": group_mean(heights, f"start_to_end_barrier[{each.key}]", "target")}
        of_loss = labelled("training loss", study.unit)
        drawn = {label: {"": (own[0].steps, np.stack([line.losses for line in own]))} for label, own in lines.items()}
        write_groups(
            study,
            self.name,
            "From initial weights to solution",
            {
                label: {
                    "steps": listed(own[0].steps),
                    "losses": [listed(line.losses) for line in own],
                    "checks": [f"a rise of up to {self.tolerance:g} of the whole fall counts as none"],
                }
                for label, own in lines.items()
            },
            [*shares, *(own[""] for own in barriers.values())],
            [
                Picture(
                    "start_to_end_lines",
                    lambda: panels_of_lines.draw(
                        drawn, "from the initial weights (0) to the solution (1)", f"{of_loss}", logarithmic=True
                    ),
                    "The loss on the straight line from initial weights to solution, a thin line a run, thick the"
                    " median (Goodfellow et al., 2015).",
                    f"Share of runs whose loss only falls: {', '.join(str(share) for share in shares)}.",
                ),
                Picture(
                    "start_to_end_barriers",
                    lambda: by_group.draw(barriers, labelled("barrier from initial weights to solution", study.unit)),
                    "The most that the loss on that line rises above the straight line between the losses at its ends;"
                    " a dot a run, the mean with Student's 95 % interval.",
                    f"Barriers: {listed_amounts(barriers)}.",
                ),
            ],
        )
