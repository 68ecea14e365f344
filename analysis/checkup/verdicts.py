"""When each step of the recipe is green, and why, in words."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.checkup.curves import Curves
from analysis.checkup.diagnosis import InputScale
from analysis.checkup.grid import Grid
from analysis.checkup.initial_loss import InitialLoss
from analysis.checkup.overfit import Overfit
from analysis.checkup.rate_range import RateRange
from analysis.checkup.step import Step
from analysis.json_numbers import listed
from lightning_modules.recipe import Recipe
from lightning_modules.score import score_of
from lightning_modules.training.stack_data import load

__all__ = ["of_coarse", "of_curves", "of_diagnosis", "of_initial", "of_overfit", "of_range", "of_refined"]

Array = npt.NDArray[np.float64]

_learned, _of_start, _risen = 0.999, 0.05, 1.5
_most_scale = 3.0


def of_initial(found: Sequence[InitialLoss]) -> Step:
    """Green if the loss of every seed is within its tolerance, and the outputs are as large as on unit inputs."""
    observed, guessing = (float(np.mean([getattr(each, name) for each in found])) for name in ("observed", "guessing"))
    numbers = {"seeds": [vars(each) for each in found]}
    if any(each.expected is None for each in found):
        reason = (
            f"The loss is {observed:.4g}, and {guessing:.4g} of outputs that are 0: no linear layer ends the network."
        )
        return Step("initial loss", bool(np.isfinite(observed)), reason, numbers)
    expected, tolerance = (
        float(np.mean([getattr(each, name) for each in found])) for name in ("expected", "tolerance")
    )
    off = sum(not abs(each.observed - (each.expected or 0.0)) <= (each.tolerance or 0.0) for each in found)
    scale, unit = (float(np.mean([getattr(each, name) for each in found])) for name in ("scale", "unit_scale"))
    reason = (
        f"The loss is {observed:.4g}; the initializer makes it {expected:.4g} ± {tolerance:.2g}, and outputs that are 0"
        f" {guessing:.4g} (for a cross-entropy, log C)."
    )
    if off:
        return Step("initial loss", False, f"{reason} {off} of {len(found)} seeds are outside.", numbers)
    if unit > 0 and not 1 / _most_scale <= scale / unit <= _most_scale:
        return Step(
            "initial loss", False, f"{reason} Outputs are {scale / unit:.2g} times what unit inputs give.", numbers
        )
    return Step("initial loss", True, reason, numbers)


def of_overfit(found: Overfit) -> Step:
    """Green if every example is right, or of regression the loss a twentieth of what it began with, on all seeds."""
    start, end = float(found.curves[:, 0].mean()), float(found.losses.mean())
    numbers = {
        "learning_rate": found.learning_rate, "examples": found.examples,
        "losses": listed(found.losses), "accuracies": listed(found.accuracies),
    }  # fmt: skip
    said = (
        f"{found.examples} examples at learning rate {found.learning_rate:.3g}: the loss goes from {start:.3g} to"
        f" {end:.3g}"
    )
    if np.isnan(found.accuracies).all():
        return Step("five batches", bool(end < _of_start * start), f"{said}.", numbers)
    least = float(np.min(np.nan_to_num(found.accuracies, nan=0.0)))
    return Step("five batches", least >= _learned, f"{said}, and on the worst seed {least:.1%} are right.", numbers)


def of_range(found: RateRange, limits: Array) -> Step:
    """Green if the best rate is neither the lowest nor the highest, and the loss falls there."""
    best, ends = found.best, found.ended.mean(axis=1)
    place = int(np.flatnonzero(found.rates == best)[0])
    interior = 0 < place < len(found.rates) - 1
    falls = bool(ends[place] < 0.9 * found.start.mean())
    fails = found.limits
    upper = (
        f"from {np.nanmedian(fails):.3g} on nothing is learned" if np.isfinite(fails).any() else "it falls at all rates"
    )
    bound = f"; 2 (1 + β) / λ_max is {np.nanmedian(limits):.3g}" if np.isfinite(limits).any() else ""
    reason = (
        f"After {found.steps} steps the loss is {ends[place]:.3g}, from {found.start.mean():.3g}, at learning rate"
        f" {best:.3g}; {upper}{bound}."
    )
    numbers = {
        "rates": listed(found.rates), "losses": listed(found.losses), "start": listed(found.start),
        "limits": listed(fails), "stability_limits": listed(limits),
    }  # fmt: skip
    return Step("learning-rate range", interior and falls, reason, numbers)


def of_coarse(found: Grid, recipe: Recipe) -> Step:
    """Green if the best is better than guessing."""
    best = _mean(found)
    dataset = load(recipe.data)
    score = score_of(recipe.loss.task)
    guess = score.of_guessing(dataset, dataset.targets)
    reason = (
        f"Best {_choice(found)}, validation {score.title} {best:.4g} after {found.epochs} epochs; guessing {guess:.4g}."
    )
    return Step("coarse grid", bool(score.sign * (best - guess) > 0), reason, _numbers(found))


def of_refined(found: Grid, first: Grid) -> Step:
    """Green if the best rate is inside of the grid."""
    where = "at the edge of what was tried" if found.at_edge else "inside of what was tried"
    reason = (
        f"Best {_choice(found)}, {where}: {_mean(found):.4g} after {found.epochs} epochs, {_mean(first):.4g} in the"
        " coarse grid."
    )
    return Step("refined grid", not found.at_edge and bool(np.isfinite(_mean(found))), reason, _numbers(found))


def of_curves(found: Curves) -> Step:
    """Green if no run diverged and the training loss ends at less than one and a half times its lowest."""
    epochs = found.train_loss.reshape(len(found.train_loss), -1, found.steps_per_epoch).mean(axis=2)
    mean = epochs.mean(axis=0)
    reason = (
        f"With what was found {found.diverged} of {len(epochs)} runs diverged; the training loss of an epoch goes from"
        f" {mean[0]:.3g} to {mean[-1]:.3g}, {mean[-1] / np.nanmin(mean):.2f} times its"
        f" lowest; validation ends at {np.nanmean(found.validation_score[:, -1]):.4g}."
    )
    numbers = {
        "train_loss": listed(epochs), "validation_loss": listed(found.validation_loss),
        "validation_score": listed(found.validation_score), "test_score": listed(found.test_score),
    }  # fmt: skip
    green = not found.diverged and bool(mean[-1] <= _risen * np.nanmin(mean))
    return Step("learning curves", green, reason, numbers)


def of_diagnosis(found: Sequence[str], given: Curves, scale: InputScale) -> Step:
    """Green if nothing ails the recipe as it was given."""
    numbers = {
        "sentences": list(found), "dead": given.dead, "saturated": given.saturated, "inputs": vars(scale),
        "test_score": listed(given.test_score),
    }  # fmt: skip
    return Step("diagnosis", not found, " ".join(found) or "Nothing ails the recipe as it is.", numbers)


def _mean(grid: Grid) -> float:
    return float(grid.scores[grid.place].mean())


def _choice(grid: Grid) -> str:
    decay = "" if grid.decay is None else f" with weight decay {grid.decay:.3g}"
    return f"learning rate {grid.rate:.3g}{decay}"


def _numbers(grid: Grid) -> dict[str, object]:
    return {
        "rates": listed(grid.rates), "decays": listed(grid.decays), "scores": listed(grid.scores),
        "epochs": grid.epochs, "learning_rate": grid.rate, "weight_decay": grid.decay,
    }  # fmt: skip
