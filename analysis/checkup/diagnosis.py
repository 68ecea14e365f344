"""What ails a training, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from analysis.checkup.curves import Curves
from analysis.checkup.overfit import Overfit
from analysis.checkup.rate_range import RateRange
from lightning_modules.recipe import Recipe, Seeds
from lightning_modules.training.stack_data import StackData

__all__ = ["InputScale", "diagnoses", "input_scale"]

Array = npt.NDArray[np.float64]

_most_scale, _most_mean, _too_low = 3.0, 1.0, 10.0
_underfit, _gap, _risen, _dead, _saturated = 0.9, 0.1, 1.1, 0.25, 0.5


@dataclass(frozen=True)
class InputScale:
    """How far inputs are from unit ones.

    Arguments:
        root_mean_square: over all features and examples.
        largest_mean: of a feature, without its sign.
    """

    root_mean_square: float
    largest_mean: float


def input_scale(recipe: Recipe, seed: int) -> InputScale:
    """Return the scale of a recipe's training inputs after preprocessing."""
    data = StackData.of(recipe.data, recipe.preprocessing, [Seeds.all(seed)], torch.float32)
    inputs = data.inputs_of(data.rows["train"])[0].double().flatten(1)
    return InputScale(float(inputs.square().mean().sqrt()), float(inputs.mean(dim=0).abs().max()))


def diagnoses(given: Curves, scale: InputScale, learned: Overfit, rates: RateRange) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong with a recipe as it was given; none if nothing is.

    Arguments:
        given: its learning curves.
        scale: of its inputs.
        learned: what it learned by heart.
        rates: its range test.
    """
    rms, mean = scale.root_mean_square, scale.largest_mean
    if not 1 / _most_scale <= rms <= _most_scale or mean > _most_mean:
        yield (
            f"Data not normalised: inputs have a root mean square of {rms:.3g} and a feature a mean of {mean:.3g}, not"
            " 1 and 0; give the recipe preprocessing=Standardize()."
        )
    yield from _of_rate(given, rates)
    if given.diverged < len(given.train_loss):
        yield from _of_fit(given, learned)
        yield from _of_units(given)


def _of_rate(given: Curves, rates: RateRange) -> Iterator[str]:
    rate, best = given.recipe.optimizer.learning_rate, rates.best
    limit = float(np.nan_to_num(rates.limits, nan=np.inf).min())
    if given.diverged or rate >= limit:
        yield (
            f"Learning rate too high: at {rate:.3g} {given.diverged} of {len(given.train_loss)} runs diverged,"
            f" trainings fail from {limit:.3g} on, and the loss falls fastest at {best:.3g}."
        )
    elif rate < best / _too_low:
        yield f"Learning rate too low: it is {rate:.3g}, and the loss falls fastest at {best:.3g}."


def _of_fit(given: Curves, learned: Overfit) -> Iterator[str]:
    train, validation, heart = map(_mean, (given.train_scores, given.validation_score[:, -1], learned.accuracies))
    known = bool(np.isfinite(train))
    if known and train < _underfit * heart:
        yield (
            f"Underfitting: {train:.1%} of the training examples are right at the end, and of five batches {heart:.1%}"
            " could be learned by heart; train longer, or a larger network."
        )
    curve = np.nanmean(given.validation_loss, axis=0)
    risen = curve[-1] / np.nanmin(curve)
    if (known and train - validation > _gap) or risen > _risen:
        right = f"{train:.1%} of the training and {validation:.1%} of the validation examples are right, and "
        yield (
            f"Overfitting: {right if known else ''}the validation loss ends at {risen:.2f} times its lowest; stop"
            " earlier, or more data, decay or dropout."
        )


def _of_units(given: Curves) -> Iterator[str]:
    if given.dead > _dead:
        yield (
            f"Dead units: no training example moves {given.dead:.0%} of the hidden units at the end; lower the learning"
            " rate, or a leaky activation."
        )
    if given.saturated > _saturated:
        yield (
            f"Saturated units: {given.saturated:.0%} of the activations are flat at the end; smaller initial weights or"
            " a lower learning rate."
        )


def _mean(values: Array) -> float:
    """Return the mean of what is finite; NaN if nothing is."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
