"""Trainings of a checkup: one recipe with other numbers, many at once."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import torch

from analysis.run_surface import training_surface
from lightning_modules.augmentation.no_augmentation import NoAugmentation
from lightning_modules.component import float_fields
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.wrapper import Wrapper
from lightning_modules.recipe import Recipe, Run
from lightning_modules.schedules.constant import Constant
from lightning_modules.score import score_of
from lightning_modules.stopping.never import Never
from lightning_modules.training.fit import fit
from lightning_modules.training.result import RunResult
from sweeps.packing import pack

__all__ = ["has_decay", "plain", "ratios", "score_reached", "train_score", "trained", "tuned", "without_dropout"]

Array = npt.NDArray[np.float64]


def innermost(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer within all wrappers."""
    return innermost(optimizer.optimizer) if isinstance(optimizer, Wrapper) else optimizer


def has_decay(recipe: Recipe) -> bool:
    """Return whether the recipe's optimizer has a weight decay."""
    return "weight_decay" in float_fields(innermost(recipe.optimizer))


def tuned(recipe: Recipe, learning_rate: float, weight_decay: float | None = None) -> Recipe:
    """Return a recipe with another learning rate, and another weight decay unless it is None."""
    changed = {"learning_rate": learning_rate} | ({} if weight_decay is None else {"weight_decay": weight_decay})
    return replace(recipe, optimizer=_changed(recipe.optimizer, changed))


def _changed(optimizer: Optimizer, changed: dict[str, float]) -> Optimizer:
    if isinstance(optimizer, Wrapper):
        return replace(optimizer, optimizer=_changed(optimizer.optimizer, changed))  # type: ignore[type-var]
    return replace(optimizer, **changed)  # type: ignore[type-var] # all optimizers are dataclasses


def plain(recipe: Recipe, epochs: int) -> Recipe:
    """Return a recipe with a constant learning rate, for so many epochs, all of which are trained."""
    return replace(recipe, schedule=Constant(), stopping=Never(), snapshots=0, epochs=epochs)


def without_dropout(recipe: Recipe) -> Recipe:
    """Return a recipe in which nothing is dropped, augmented or decayed: what may be learned by heart."""
    rates = {each.name: 0.0 for each in fields(recipe.model) if each.name in ("dropout", "drop_connect")}  # type: ignore[arg-type]
    model = replace(recipe.model, **rates) if rates else recipe.model  # type: ignore[type-var]
    found = replace(recipe, model=model, augmentation=NoAugmentation())
    return tuned(found, recipe.optimizer.learning_rate, 0.0 if has_decay(recipe) else None)


def ratios(center: float, decades: Sequence[float]) -> list[float]:
    """Return learning rates by their distance from one of them, in powers of ten, rounded to three digits."""
    return [float(f"{center * 10**each:.3g}") for each in decades]


def trained(runs: Sequence[Run]) -> dict[Run, RunResult]:
    """Train runs in stacks that fit the caches, and return their results."""
    stacks = pack(list(dict.fromkeys(runs)), 1)
    return {result.run: result for stack in stacks for result in fit(stack, accelerator="cpu")}


def score_reached(result: RunResult) -> float:
    """Return the validation score of a run's last epoch; NaN if it diverged."""
    return float(result.validation_score[-1]) if result.diverged_step is None else float("nan")


def train_score(result: RunResult) -> tuple[float, float]:
    """Return a run's mean loss and its accuracy (of regression NaN) on what it was trained on, at the end."""
    if result.diverged_step is not None or not result.snapshots:
        return float("nan"), float("nan")
    surface = training_surface(result.run.recipe, result.run.seeds, result.snapshots[-1].weights)
    row = surface.row(result.snapshots[-1].weights)
    found = surface.at(row, torch.zeros(1, len(row)), torch.zeros(1, 1))
    accuracy = float("nan") if found.accuracies is None else float(found.accuracies[0])
    return float(found.losses[0]), accuracy


def best_of(values: Array, recipe: Recipe) -> int:
    """Return the place of the best of some validation scores (choices, seeds) by their means; NaN counts as worst."""
    means = np.where(np.isnan(values).any(axis=1), np.nan, values.mean(axis=1))
    signed = score_of(recipe.loss.task).sign * means
    return int(np.nanargmax(signed)) if not np.isnan(signed).all() else 0
