"""How much the final training loss varies from seed to seed."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["FinalLossSpread"]


@dataclass(frozen=True)
class FinalLossSpread(Measurement):
    """The training loss at each run's solution, and how the standard deviations of groups compare.

    Estimates: ``final_loss[GROUP]`` and ``log_deviation_ratio[GROUP / GROUP]``,
    the natural logarithm of the ratio of two standard deviations over seeds.

    Arguments:
        runs: of each group, at most.
        ratios: pairs of groups to be compared.

    References:
        | The loss surfaces of multilayer networks (Choromanska et al., 2015)
        | https://arxiv.org/abs/1412.0233
    """

    runs: int = 100
    ratios: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return "final_loss"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.figures import by_group
        from analysis.group_files import Picture, listed_amounts, write_groups
        from analysis.inference.deviation_ratio import log_deviation_ratio
        from analysis.inference.of_groups import group_mean
        from analysis.run_groups import final_loss, measured_study, of_pairs
        from analysis.shown import labelled

        study = measured_study(paths, self.runs)
        losses = {each.key: {record.seeds.init: final_loss(record) for record in each.records} for each in study.groups}
        means = {
            each.label: {"": group_mean(list(losses[each.key].values()), f"final_loss[{each.key}]", "target")}
            for each in study.groups
        }
        ratios = [
            log_deviation_ratio(
                losses[first.key], losses[second.key], f"log_deviation_ratio[{first.key} / {second.key}]"
            )
            for first, second in of_pairs(study.groups, self.ratios)
        ]
        above = all(value > 0 for own in losses.values() for value in own.values())
        write_groups(
            study,
            self.name,
            "Final loss",
            {each.label: {"losses": losses[each.key]} for each in study.groups},
            [*(own[""] for own in means.values()), *ratios],
            [
                Picture(
                    "final_loss",
                    lambda: by_group.draw(means, labelled("final training loss", study.unit), logarithmic=above),
                    "The training loss at the solutions; a dot a run, the mean with Student's 95 % interval.",
                    f"Final losses: {listed_amounts(means)}.",
                )
            ],
        )
