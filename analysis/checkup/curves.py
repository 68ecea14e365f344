"""The learning curves of a recipe, and of the same with the learning rate and the decay that were found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.checkup.training import train_score, trained, tuned
from analysis.checkup.units import dead_and_saturated
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.score import score_of
from lightning_modules.training.result import RunResult

__all__ = ["Curves", "curves_of", "moving_average"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """The course of one recipe on fresh seeds.

    Arguments:
        recipe: that was trained.
        steps_per_epoch: of a run.
        train_loss: of each step, (seeds, steps).
        validation_loss: after each epoch, (seeds, epochs).
        validation_score: the same.
        test_score: at the end, NaN of a run that diverged, (seeds,).
        train_scores: accuracy at the end on the training set; NaN of regression, (seeds,).
        diverged: runs.
        dead: share of hidden units that no training example moves, mean over seeds.
        saturated: share of flat activations (`units`), mean over seeds.
    """

    recipe: Recipe
    steps_per_epoch: int
    train_loss: Array
    validation_loss: Array
    validation_score: Array
    test_score: Array
    train_scores: Array
    diverged: int
    dead: float
    saturated: float


def curves_of(recipe: Recipe, seeds: Sequence[int], rate: float | None, decay: float | None) -> Curves:
    """Train a recipe with its own schedule and epochs, at another learning rate and decay unless they are None.

    Arguments:
        recipe: that is checked.
        seeds: fresh ones.
        rate: in place of the recipe's.
        decay: in place of the recipe's.
    """
    chosen = tuned(recipe, recipe.optimizer.learning_rate if rate is None else rate, decay)
    runs = [Run(chosen, Seeds.all(seed)) for seed in seeds]
    results = trained(runs)
    own = [results[run] for run in runs]
    units = np.array([dead_and_saturated(each) for each in own])
    return Curves(
        chosen,
        own[0].steps_per_epoch,
        np.stack([each.train_loss for each in own]),
        np.stack([each.validation_loss for each in own]),
        np.stack([each.validation_score for each in own]),
        np.array([_test_score(each) for each in own]),
        np.array([train_score(each)[1] for each in own]),
        sum(each.diverged_step is not None for each in own),
        float(units[:, 0].mean()),
        float(units[:, 1].mean()),
    )


def moving_average(values: Array, window: int) -> Array:
    """Return means over a window of values (seeds, steps), one for each whole window that ends at a step."""
    sums = np.cumsum(np.concatenate([np.zeros((len(values), 1)), values], axis=1), axis=1)
    return np.asarray((sums[:, window:] - sums[:, :-window]) / window)


def _test_score(result: RunResult) -> float:
    if result.diverged_step is not None or not result.snapshots:
        return float("nan")
    score = score_of(result.run.recipe.loss.task)
    return float(score.of(result.snapshots[-1].predictions["test"], result.targets["test"]))
