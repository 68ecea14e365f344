"""Five batches learned by heart: whether the network, its gradient and its data are wired at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.checkup.training import plain, ratios, train_score, trained, tuned, without_dropout
from lightning_modules.data.subset import Subset
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.stack_data import part_sizes

__all__ = ["Overfit", "overfit"]

Array = npt.NDArray[np.float64]

_batches = 5
_decades = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5)


@dataclass(frozen=True)
class Overfit:
    """What came of learning a few batches by heart.

    Arguments:
        examples: that were learned.
        learning_rate: the best of those that were tried.
        curves: training loss of each step at it, (seeds, steps).
        losses: at the end, over all of these examples, (seeds,).
        accuracies: the same, of classification; NaN of regression, (seeds,).
    """

    examples: int
    learning_rate: float
    curves: Array
    losses: Array
    accuracies: Array


def overfit(recipe: Recipe, seeds: Sequence[int], epochs: int) -> Overfit:
    """Train on five batches without dropout, augmentation or decay, at six learning rates side by side.

    The rates go from a hundredth of the recipe's to three times it; that with the lowest mean loss is told.

    Arguments:
        recipe: that is checked.
        seeds: of the trainings.
        epochs: through the five batches.
    """
    available = part_sizes(recipe.data, seeds[0])["train"]
    examples = min(_batches * recipe.batch_size, available)
    small = recipe if examples == available else replace(recipe, data=Subset(recipe.data, examples))
    base = plain(without_dropout(small), epochs)
    rates = ratios(recipe.optimizer.learning_rate, _decades)
    runs = {rate: [Run(tuned(base, rate), Seeds.all(seed)) for seed in seeds] for rate in rates}
    results = trained([run for own in runs.values() for run in own])
    last = {rate: np.mean([results[run].train_loss[-_batches:].mean() for run in own]) for rate, own in runs.items()}
    best = min(rates, key=lambda rate: (np.isnan(last[rate]), last[rate]))
    chosen = [results[run] for run in runs[best]]
    scores = np.array([train_score(each) for each in chosen])
    return Overfit(examples, best, np.stack([each.train_loss for each in chosen]), scores[:, 0], scores[:, 1])
