"""How far the loss falls in about a hundred steps, at learning rates from far too low to far too high."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from analysis.checkup.training import innermost, plain, trained, tuned
from analysis.curvature.eigenpairs import eigenpairs
from analysis.curvature.hessian import Hessian
from analysis.run_surface import training_surface
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.training.guessing import loss_of_guessing
from lightning_modules.training.initial_module import initial_module
from lightning_modules.training.stack_data import StackData, part_sizes

__all__ = ["RateRange", "rate_range", "stability_limits"]

Array = npt.NDArray[np.float64]


_learned = 0.95


@dataclass(frozen=True)
class RateRange:
    """The range test.

    Arguments:
        rates: learning rates, rising, (rates,).
        steps: that each training took.
        start: loss of the first step, (seeds,).
        guessing: mean loss of a network that knows nothing.
        losses: mean loss of the last tenth of the steps; NaN where a run was no longer finite, (rates, seeds).
    """

    rates: Array
    steps: int
    start: Array
    guessing: float
    losses: Array

    @property
    def failed(self) -> npt.NDArray[np.bool_]:
        """Whether nothing is learned: the loss is not 5 % below that of guessing and of the start, (rates, seeds)."""
        return ~(self.losses < _learned * np.minimum(self.start, self.guessing))

    @property
    def ended(self) -> Array:
        """The losses, those that are not finite or above the start as large as at the start, (rates, seeds)."""
        return np.where(self.losses < self.start, self.losses, np.broadcast_to(self.start, self.losses.shape))

    @property
    def best(self) -> float:
        """The rate with the lowest mean loss."""
        return float(self.rates[self.ended.mean(axis=1).argmin()])

    @property
    def limits(self) -> Array:
        """The lowest rate from which on each seed's trainings fail; NaN where the highest does not, (seeds,)."""
        later = np.flip(np.logical_and.accumulate(np.flip(self.failed, axis=0), axis=0), axis=0)
        places = later.argmax(axis=0)
        return np.where(later.any(axis=0), self.rates[places], np.nan)


def rate_range(recipe: Recipe, seeds: Sequence[int], rates: Sequence[float], steps: int = 100) -> RateRange:
    """Train at every rate for about so many steps, without decay of the rate.

    Arguments:
        recipe: that is checked.
        seeds: of the trainings.
        rates: rising.
        steps: at least; whole epochs are trained.
    """
    per_epoch = -(-part_sizes(recipe.data, seeds[0])["train"] // recipe.batch_size)
    base = plain(recipe, -(-steps // per_epoch))
    runs = [[Run(tuned(base, rate), Seeds.all(seed)) for seed in seeds] for rate in rates]
    results = trained([run for own in runs for run in own])
    curves = np.array([[results[run].train_loss for run in own] for own in runs])
    tail = max(1, curves.shape[2] // 10)
    with np.errstate(over="ignore"):
        losses = curves[:, :, -tail:].mean(axis=2)
    losses[np.array([[results[run].diverged_step is not None for run in own] for own in runs])] = np.nan
    guessing = float(np.mean([loss_of_guessing(run, "train") for run in runs[0]]))
    return RateRange(np.array(rates), curves.shape[2], curves[0, :, 0], guessing, losses)


def stability_limits(recipe: Recipe, seeds: Sequence[int]) -> Array:
    """Return the rate from which on gradient descent leaves a quadratic with the Hessian at the start, (seeds,).

    ``2 (1 + β) / λ_max`` with momentum β, where λ_max is of the training loss at the
    initial weights; NaN for an optimizer that is not SGD.

    Arguments:
        recipe: that is checked.
        seeds: of initial weights and splits.

    References:
        | Some methods of speeding up the convergence of iteration methods (Polyak, 1964)
    """
    optimizer = innermost(recipe.optimizer)
    if not isinstance(optimizer, SGD):
        return np.full(len(seeds), np.nan)
    return np.array([2 * (1 + optimizer.momentum) / _largest_eigenvalue(recipe, seed) for seed in seeds])


def _largest_eigenvalue(recipe: Recipe, seed: int) -> float:
    seeds = Seeds.all(seed)
    data = StackData.of(recipe.data, recipe.preprocessing, [seeds], torch.float32)
    module = initial_module(Run(recipe, seeds), data)
    weights = {name: value.detach().numpy() for name, value in module.state_dict().items()}
    surface = training_surface(recipe, seeds, weights)
    return float(eigenpairs(Hessian(surface, surface.row(weights)), 1, tolerance=1e-2).values[0])
