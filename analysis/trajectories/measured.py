"""What is measured along a training: its plane, its largest curvatures, and those of its layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from analysis.checkpoints import Given
from analysis.curvature.blocks import BlockCurvature, block_curvature
from analysis.curvature.hessian import Hessian
from analysis.run_surface import training_surface
from analysis.surface import Surface
from analysis.trajectories.plane import TrajectoryPlane, trajectory_plane
from analysis.trajectories.sharpness import SharpnessAlong, sharpness_along, sharpness_of_run
from analysis.trajectories.trajectory import Trajectory, trajectory_of
from lightning_modules.errors import InvalidInput
from sweeps.record import RunRecord

__all__ = ["MeasuredTrajectory", "fewest", "trajectory_through_checkpoints", "trajectory_through_snapshots"]

fewest = 3
"""Points that a trajectory needs for a plane."""


@dataclass(frozen=True)
class MeasuredTrajectory:
    """What was measured along one training.

    Arguments:
        origin: where its points come from, as files of numbers have it: the run with its steps, or the checkpoints.
        plane: the loss on the plane of the points, in the precision of the examples, or why they have none.
        sharpness: the largest eigenvalues at each point, in double precision.
        layers: the curvature of each layer at the last point, of all others held.
    """

    origin: dict[str, Any]
    plane: TrajectoryPlane | str
    sharpness: SharpnessAlong
    layers: tuple[BlockCurvature, ...]

    @property
    def checks(self) -> list[str]:
        """What one has to know to trust the numbers, a sentence each."""
        return [*([self.plane] if isinstance(self.plane, str) else self.plane.checks), *self.sharpness.checks]


def trajectory_through_snapshots(record: RunRecord, count: int = 3, points: int = 51) -> MeasuredTrajectory:
    """Measure the way through one run's snapshots.

    Arguments:
        record: of a run with at least three snapshots.
        count: eigenvalues at each snapshot, fewer than parameters.
        points: on each side of the plane.

    Raises:
        InvalidInput: for fewer snapshots, or where the last has no finite second derivatives.
    """
    way = trajectory_of(record)
    if len(way.steps) < fewest:
        raise InvalidInput(f"{record.folder} has fewer than {fewest} snapshots, too few for a trajectory.")
    last = way.states[-1]
    surface = training_surface(record.recipe, record.seeds, last)
    double = training_surface(record.recipe, record.seeds, last, torch.float64)
    return MeasuredTrajectory(
        {"run": f"{record.recipe.hash}/{record.seeds.name}", "steps": list(record.snapshot_steps)},
        _plane(surface, way, points),
        sharpness_of_run(record.run, way, min(count, double.layout.size - 1)),
        tuple(block_curvature(Hessian(double, double.row(last)), double.layout)),
    )


def trajectory_through_checkpoints(
    files: Sequence[Path], given: Given, count: int = 3, points: int = 51
) -> MeasuredTrajectory:
    """Measure the way through checkpoints of one model, whose steps are counted 0, 1, 2, ….

    Arguments:
        files: in the order of the training, three at least.
        given: the model, the data and the loss.
        count: eigenvalues at each, fewer than parameters.
        points: on each side of the plane.

    Raises:
        InvalidInput: for fewer files, what `Given.landscape` refuses, or where the last has no finite second
            derivatives.
    """
    if len(files) < fewest:
        raise InvalidInput(
            f"A trajectory goes through {fewest} checkpoints or more, and there are {len(files)}: give --checkpoint"
            " several times, in the order of the training."
        )
    way = Trajectory.of([given.module(file).state_dict() for file in files])
    landscape = given.landscape(files[-1], torch.float32)
    double = given.landscape(files[-1], torch.float64).double
    sharpness = sharpness_along(double, way, min(count, double.layout.size - 1))
    return MeasuredTrajectory(
        {"checkpoints": [str(file) for file in files], "steps": way.steps.tolist()},
        _plane(landscape.surface, way, points),
        sharpness,
        tuple(block_curvature(Hessian(double, double.row(way.states[-1])), double.layout)),
    )


def _plane(surface: Surface, way: Trajectory, points: int) -> TrajectoryPlane | str:
    try:
        return trajectory_plane(surface, way.rows(surface), points=points)
    except InvalidInput as error:
        # A run that stands still, or goes straight on, has curvature along its way but no plane.
        return str(error)
