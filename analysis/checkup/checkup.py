"""The recipe for training a network in seven steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.checkup.curves import Curves, curves_of
from analysis.checkup.diagnosis import diagnoses, input_scale
from analysis.checkup.grid import Grid, coarse, refined
from analysis.checkup.initial_loss import InitialLoss, initial_loss
from analysis.checkup.overfit import Overfit, overfit
from analysis.checkup.rate_range import RateRange, rate_range, stability_limits
from analysis.checkup.step import Step
from analysis.checkup.verdicts import of_coarse, of_curves, of_diagnosis, of_initial, of_overfit, of_range, of_refined
from lightning_modules.recipe import Recipe, Run, Seeds

__all__ = ["Checkup", "check"]

_decades = tuple(np.arange(-4.0, 1.01, 0.25).tolist())


@dataclass(frozen=True)
class Checkup:
    """What the seven steps found.

    Arguments:
        recipe: that was checked.
        seeds: of the steps that choose.
        fresh: seeds of the learning curves.
        initial: of each seed.
        learned: by heart.
        rates: the range test.
        limits: 2 (1 + β) / λ_max of each seed, NaN where it has no meaning.
        grids: the coarse one and the refined one.
        given: curves of the recipe as it is.
        found: curves with the learning rate and the decay that were found.
        steps: the verdicts.
    """

    recipe: Recipe
    seeds: tuple[int, ...]
    fresh: tuple[int, ...]
    initial: tuple[InitialLoss, ...]
    learned: Overfit
    rates: RateRange
    limits: np.ndarray[tuple[int], np.dtype[np.float64]]
    grids: tuple[Grid, Grid]
    given: Curves
    found: Curves
    steps: tuple[Step, ...]


def check(recipe: Recipe, seeds: Sequence[int], fresh: Sequence[int], effort: int = 20) -> Checkup:
    """Go through the recipe's seven steps; every step trains all its runs side by side.

    1. the loss before training against log C and what the initializer makes it;
    2. five batches learned by heart; 3. the loss after a hundred steps at
    learning rates from 10⁻⁴ to 10; 4. a coarse grid of rates and decays for a
    few epochs; 5. a finer one for more; 6. learning curves of the recipe as it
    is and with what was found, on fresh seeds; 7. what ails the recipe.

    Arguments:
        recipe: to be checked.
        seeds: of the steps that choose.
        fresh: of the learning curves, others.
        effort: epochs of the refined grid; a quarter of it of the coarse one, five times it of the five batches.

    References:
        | A recipe for training neural networks (Karpathy, 2019), https://karpathy.github.io/2019/04/25/recipe/
        | Cyclical learning rates for training neural networks (Smith, 2017), https://arxiv.org/abs/1506.01186
    """
    initial = tuple(initial_loss(Run(recipe, Seeds.all(seed))) for seed in seeds)
    learned = overfit(recipe, seeds, 5 * effort)
    rates = rate_range(recipe, seeds, [float(f"{10**each:.3g}") for each in _decades])
    limits = stability_limits(recipe, seeds)
    first = coarse(recipe, seeds, rates.best, max(1, effort // 4))
    second = refined(recipe, seeds, first, effort)
    given = curves_of(recipe, fresh, None, None)
    found = curves_of(recipe, fresh, second.rate, second.decay)
    scale = input_scale(recipe, seeds[0])
    steps = (
        of_initial(initial),
        of_overfit(learned),
        of_range(rates, limits),
        of_coarse(first, recipe),
        of_refined(second, first),
        of_curves(found),
        of_diagnosis(tuple(diagnoses(given, scale, learned, rates)), given, scale),
    )
    return Checkup(
        recipe, tuple(seeds), tuple(fresh), initial, learned, rates, limits, (first, second), given, found, steps
    )
