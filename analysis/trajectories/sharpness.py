"""The largest eigenvalues of the Hessian along a trajectory, beside what the optimizer's steps can stand."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from analysis.curvature.eigenpairs import eigenpairs
from analysis.curvature.hessian import Hessian
from analysis.curvature.probes import rademacher
from analysis.json_numbers import listed
from analysis.run_surface import training_surface
from analysis.surface import Surface
from analysis.trajectories.stability import Stability, stability_of
from analysis.trajectories.trajectory import Trajectory
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run

__all__ = ["SharpnessAlong", "sharpness_along", "sharpness_of_run"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SharpnessAlong:
    """The outer curvature of the mean loss along a trajectory, without penalties.

    Arguments:
        steps: taken at each point, (points,).
        losses: there, (points,); not finite where the outputs are not, and then so are the eigenvalues.
        values: the largest eigenvalues, the largest first, (points, count).
        residuals: ``‖H v − λ v‖`` of each, (points, count).
        stability: of the optimizer's steps; None where none is known.
        checks: what one has to know to trust it, in words.
    """

    steps: npt.NDArray[np.int64]
    losses: Array
    values: Array
    residuals: Array
    stability: Stability | None
    checks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON data; what is not finite is null."""
        thresholds = None if self.stability is None else listed(self.stability.at(self.steps))
        return {
            "steps": self.steps.tolist(),
            "losses": listed(self.losses),
            "top": listed(self.values),
            "residuals": listed(self.residuals),
            "stability_rule": None if self.stability is None else self.stability.rule,
            "stability_thresholds": thresholds,
            "checks": list(self.checks),
        }


def sharpness_along(
    surface: Surface,
    trajectory: Trajectory,
    count: int = 1,
    *,
    stability: Stability | None = None,
    tolerance: float = 1e-5,
) -> SharpnessAlong:
    """Return the largest eigenvalues of the Hessian at every point, by Lanczos.

    Running statistics are those that the training had at each point.

    Arguments:
        surface: that the training descended, in double precision for residuals that mean something.
        trajectory: of the same module.
        count: eigenvalues at each point, fewer than parameters.
        stability: of the optimizer's steps, to compare with.
        tolerance: relative, of the eigenvalues.

    Raises:
        InvalidInput: for weights of another model, or a count below 1 or not below the number of parameters.
    """
    require_integer("The number of eigenvalues", count, at_least=1)
    if count >= surface.layout.size:
        raise InvalidInput(f"{count} eigenvalues of {surface.layout.size} parameters are too many: ask for fewer.")
    rows = trajectory.rows(surface)
    losses = np.full(len(rows), np.nan)
    values, residuals = np.full((len(rows), count), np.nan), np.full((len(rows), count), np.nan)
    for index, row in enumerate(rows):
        hessian = Hessian(trajectory.surface_at(surface, index), row)
        losses[index] = float(hessian.loss.detach())
        probe = hessian.product(rademacher(len(row), 0, 0, 1)[0])
        if not bool(torch.cat([hessian.loss.detach()[None], hessian.gradient.detach(), probe]).isfinite().all()):
            continue
        if not probe.any():
            # Flat, as where every unit is dead: Lanczos has nothing to start from.
            values[index], residuals[index] = 0.0, 0.0
            continue
        found = eigenpairs(hessian, count, tolerance=tolerance)
        values[index], residuals[index] = found.values, found.residuals
    checks = tuple(_checks(trajectory.steps, values[:, 0], residuals, stability))
    return SharpnessAlong(trajectory.steps, losses, values, residuals, stability, checks)


def sharpness_of_run(run: Run, trajectory: Trajectory, count: int = 1) -> SharpnessAlong:
    """Return the largest eigenvalues along a run, on its own training set, beside what its optimizer can stand.

    Arguments:
        run: whose trajectory it is.
        trajectory: through snapshots, or recorded.
        count: eigenvalues at each point.

    Raises:
        InvalidInput: as `sharpness_along` does.
    """
    recipe = run.recipe
    surface = training_surface(recipe, run.seeds, trajectory.states[-1], torch.float64)
    examples = len(surface.inputs)
    steps = math.ceil(examples / recipe.batch_size) * recipe.epochs
    stability = stability_of(recipe.optimizer, recipe.optimizer.learning_rate * recipe.schedule.multipliers(steps))
    found = sharpness_along(surface, trajectory, count, stability=stability)
    return replace(found, checks=(*found.checks, *_of_training(run, stability, examples)))


def _of_training(run: Run, stability: Stability | None, examples: int) -> Iterator[str]:
    recipe = run.recipe
    if stability is None:
        yield (
            f"no threshold is drawn for {type(recipe.optimizer).__name__}: the curvature that its steps can stand"
            " is that in its own metric, not that of the plain Hessian"
        )
    elif recipe.batch_size < examples:
        yield (
            f"the threshold is that of steps on the full batch; these were on batches of {recipe.batch_size} of"
            f" {examples:,} examples, which can be unstable below it"
        )


def _checks(
    steps: npt.NDArray[np.int64], values: Array, residuals: Array, stability: Stability | None
) -> Iterator[str]:
    finite = np.isfinite(values)
    if not finite.all():
        yield f"at {int((~finite).sum())} of {len(values)} points there is no finite curvature"
    if not finite.any():
        return
    largest = int(np.nanargmax(values))
    first, last = np.flatnonzero(finite)[[0, -1]]
    yield (
        f"the largest eigenvalue goes from {values[first]:.3g} at step {steps[first]} to {values[last]:.3g} at step"
        f" {steps[last]}, the highest is {values[largest]:.3g} at step {steps[largest]}"
    )
    worst = float(np.nanmax(residuals[:, 0] / np.maximum(np.abs(values), np.finfo(np.float64).tiny)))
    yield f"residuals are at most {worst:.1g} of the eigenvalue: an exact one lies no farther away"
    if stability is not None:
        thresholds = stability.at(steps)
        above = int((values[finite] > thresholds[finite]).sum())
        yield (
            f"it is above {stability.rule} at {above} of {int(finite.sum())} points; at the last it is"
            f" {values[last]:.3g} against {thresholds[last]:.3g}, by the rate of the step before"
        )
