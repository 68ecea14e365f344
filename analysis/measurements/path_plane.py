"""The plane of a training's path, and how much of the path lies in it."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["PathPlane"]


@dataclass(frozen=True)
class PathPlane(Measurement):
    """The share of a training's path that two principal components explain, and the loss on their plane.

    A store keeps a run's snapshots only, so the runs are trained once more,
    to rounding the same, and their weights are taken after every epoch.

    Estimates: ``path_explained[GROUP]``, and
    ``path_explained_difference[path - random walk, GROUP]``, less what two
    components explain of a random walk of as many points in many dimensions.

    Arguments:
        runs: of each group, at most.
        points: on each side of the plane of the first run.
        groups: by their keys; all unless given.

    References:
        | Visualizing the loss landscape of neural nets (Li et al., 2018)
        | https://arxiv.org/abs/1712.09913
        | PCA of high dimensional random walks with comparison to neural network training (Antognini and
        | Sohl-Dickstein, 2018), https://arxiv.org/abs/1806.08805
    """

    runs: int = 10
    points: int = 51
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "path_plane"

    def measure(self, paths: StudyPaths) -> None:
        from analysis.figures import trajectory
        from analysis.group_files import Picture, listed_amounts, write_groups
        from analysis.inference.of_groups import group_mean
        from analysis.run_groups import measured_study, surface_of
        from analysis.trajectories.plane import trajectory_plane
        from analysis.trajectories.principal import principal, share_of_random_walk
        from analysis.trajectories.trajectory import recorded_together

        study = measured_study(paths, self.runs).only(self.groups)
        content, planes, means, excess = {}, {}, {}, []
        for each in study.groups:
            ways = recorded_together([record.run for record in each.records])
            surface, _ = surface_of(each.records[0])
            explained = [float(principal(way.rows(surface)).explained[:2].sum()) for way in ways]
            walks = [share_of_random_walk(len(way.steps)) for way in ways]
            planes[each.label] = trajectory_plane(surface, ways[0].rows(surface), points=self.points)
            means[each.label] = {"": group_mean(explained, f"path_explained[{each.key}]", "fraction")}
            name = f"path_explained_difference[path - random walk, {each.key}]"
            beyond = [own - walk for own, walk in zip(explained, walks, strict=True)]
            excess.append(group_mean(beyond, name, "points"))
            content[each.label] = {"explained_by_run": explained, **planes[each.label].to_json()}
        write_groups(
            study,
            self.name,
            "Paths of training on their planes",
            content,
            [*(own[""] for own in means.values()), *excess],
            [
                Picture(
                    "path_plane",
                    lambda: trajectory.draw(planes, study.unit),
                    "The training loss on the plane of the first two principal components of one run's path from its"
                    " initial weights, a point an epoch (Li et al., 2018; n = 1 run each, no interval). The loss under"
                    " a point is that of its projection.",
                    f"Explained by two components, over all runs: {listed_amounts(means)}.",
                )
            ],
        )
