"""The plateau on which a constant learning rate ends: how high above the least loss its noise keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from analysis.run_surface import training_surface
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.schedule import Schedule
from lightning_modules.training.fit import fit
from lightning_modules.training.result import RunResult

__all__ = ["Plateaus", "exponent", "least_loss", "plateaus"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plateaus:
    """How far above the least loss trainings of one convex problem end.

    Arguments:
        rates: constant learning rates, rising.
        constant: the mean excess over the second half of each training, (seeds, rates).
        decayed: the excess at the end of trainings that decay from the highest rate, (seeds, schedules).
    """

    rates: tuple[float, ...]
    constant: Array
    decayed: Array


def plateaus(recipe: Recipe, rates: Sequence[float], decays: Sequence[Schedule], seeds: Sequence[int]) -> Plateaus:
    """Train a convex problem at constant rates and with decays, and measure how far above its least loss all end.

    The loss is that on the whole training set. Its snapshots should fall on
    different places within an epoch: examples are drawn without replacement, so
    that at an epoch's end the noise of its steps has almost cancelled.

    Arguments:
        recipe: of a convex loss, with snapshots; its rate and schedule are replaced.
        rates: constant ones, rising.
        decays: from the highest rate.
        seeds: of all three streams.

    Raises:
        InvalidInput: for fewer than two rates, or a run that diverged.

    References:
        | Optimization methods for large-scale machine learning (Bottou, Curtis and Nocedal, 2018), theorem 4.6
        | https://arxiv.org/abs/1606.04838
    """
    if len(rates) < 2 or list(rates) != sorted(set(rates)):
        raise InvalidInput(f"The rates are {tuple(rates)}: give two or more, rising.")
    made = [(rate, Constant()) for rate in rates] + [(rates[-1], decay) for decay in decays]
    recipes = [replace(recipe, optimizer=replace(recipe.optimizer, learning_rate=r), schedule=s) for r, s in made]  # type: ignore[type-var]
    runs = [Run(each, Seeds.all(seed)) for seed in seeds for each in recipes]
    found = fit(runs, accelerator="cpu")
    if any(each.diverged_step is not None for each in found):
        raise InvalidInput(f"A training of the plateaus diverged: give lower rates than {rates[-1]:g}.")
    constant, decayed = [], []
    for place in range(0, len(found), len(recipes)):
        own = found[place : place + len(recipes)]
        surface = training_surface(own[0].run.recipe, own[0].run.seeds, own[0].snapshots[-1].weights, torch.float64)
        least = least_loss(surface, own[0])
        excess = [_losses(surface, each) - least for each in own]
        half = len(own[0].snapshots) // 2
        constant.append([float(each[half:].mean()) for each in excess[: len(rates)]])
        decayed.append([float(each[-1]) for each in excess[len(rates) :]])
    return Plateaus(tuple(rates), np.array(constant), np.array(decayed).reshape(len(constant), len(decays)))


def least_loss(surface: Surface, start: RunResult) -> float:
    """Return the least value of a convex loss, found by L-BFGS in double precision.

    Arguments:
        surface: in double precision.
        start: whose last weights it begins with.
    """
    point = surface.row(start.snapshots[-1].weights).clone().requires_grad_(True)
    search = torch.optim.LBFGS(
        [point], max_iter=500, tolerance_grad=1e-9, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure() -> float:
        search.zero_grad()
        loss = surface.mean_loss(point)
        loss.backward()
        return float(loss.detach())

    search.step(closure)
    return float(surface.mean_loss(point.detach()))


def exponent(rates: Sequence[float], heights: Array) -> Array:
    """Return the slope of the logarithm of heights (…, rates) over that of the rates, by least squares, (…,)."""
    x = np.log(np.asarray(rates, dtype=np.float64))
    x = x - x.mean()
    return np.asarray((np.log(heights) * x).sum(axis=-1) / (x**2).sum())


def _losses(surface: Surface, found: RunResult) -> Array:
    rows = torch.stack([surface.row(each.weights) for each in found.snapshots])
    return surface.at(torch.zeros_like(rows[0]), rows, torch.eye(len(rows), dtype=rows.dtype)).losses
