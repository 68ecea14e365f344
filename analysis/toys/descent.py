"""Optimizers on a toy: the package's own, as stacks of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.toys.toy import Toy
from lightning_modules.checks import require_integer
from lightning_modules.component import float_fields, shape_of
from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.schedule import Schedule

__all__ = ["Descent", "ToyObjective", "descend", "descend_from"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Descent:
    """What an optimizer went through.

    Arguments:
        points: weights before the first step and after each, (steps + 1, dimensions); not finite once it diverged.
        losses: there, (steps + 1,).
    """

    points: Array
    losses: Array


class ToyObjective(Objective):
    """A toy as optimizers see a loss: every run at weights of its own.

    Arguments:
        toy: to be minimized.
    """

    def __init__(self, toy: Toy) -> None:
        self._toy = toy

    def value_and_gradient(self, weights: Tensor, runs: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._toy.values(weights), self._toy.gradients(weights)

    def hessian(self, weights: Tensor, runs: Tensor | None = None) -> Tensor:
        return self._toy.hessians(weights).clone()


def descend(
    toy: Toy,
    optimizers: Mapping[str, Optimizer],
    steps: int,
    *,
    start: Sequence[float] | None = None,
    schedule: Schedule | None = None,
) -> dict[str, Descent]:
    """Take steps with several optimizers from one point, in double precision, and return where each went, by label.

    Optimizers that differ in numbers only are one stack, as in training.

    Arguments:
        toy: to be minimized.
        optimizers: by label.
        steps: of each.
        start: the weights, (dimensions,), the toy's own unless given.
        schedule: of all learning rates, constant unless given.

    Raises:
        InvalidInput: for fewer than one step, or a start of another number of weights.
    """
    require_integer("The steps on a toy", steps, at_least=1)
    begin = toy.start if start is None else tuple(start)
    if len(begin) != toy.dimensions:
        raise InvalidInput(f"The start has {len(begin)} weights, and {type(toy).__name__} {toy.dimensions}.")
    stacks: dict[object, list[str]] = {}
    for label, optimizer in optimizers.items():
        stacks.setdefault(shape_of(optimizer), []).append(label)
    multipliers = (schedule or Constant()).multipliers(steps)
    found: dict[str, Descent] = {}
    for labels in stacks.values():
        weights = torch.tensor(begin, dtype=torch.float64).repeat(len(labels), 1)
        points = _stack([optimizers[label] for label in labels], toy, weights, multipliers)
        losses = toy.values(points)
        for place, label in enumerate(labels):
            found[label] = Descent(points[:, place].numpy(), losses[:, place].numpy())
    return {label: found[label] for label in optimizers}


def descend_from(toy: Toy, optimizer: Optimizer, starts: Array, steps: int) -> list[Descent]:
    """Take steps with one optimizer from many points at once, in double precision, and return where each went.

    Arguments:
        toy: to be minimized.
        optimizer: of all runs, at a constant rate.
        starts: (runs, dimensions).
        steps: of each.

    Raises:
        InvalidInput: for fewer than one step, or starts of another number of weights.
    """
    require_integer("The steps on a toy", steps, at_least=1)
    if starts.ndim != 2 or starts.shape[1] != toy.dimensions:
        raise InvalidInput(f"The starts are {starts.shape}, and {type(toy).__name__} has {toy.dimensions} weights.")
    weights = torch.tensor(starts, dtype=torch.float64)
    points = _stack([optimizer] * len(starts), toy, weights, Constant().multipliers(steps))
    losses = toy.values(points)
    return [Descent(points[:, place].numpy(), losses[:, place].numpy()) for place in range(len(starts))]


@torch.no_grad()
def _stack(optimizers: Sequence[Optimizer], toy: Toy, weights: Tensor, multipliers: Array) -> Tensor:
    """Return the weights of runs of one shape before the first step and after each, (steps + 1, runs, dimensions)."""
    first, double = optimizers[0], torch.float64
    numbers = {
        name: torch.tensor([[attrgetter(name)(each)] for each in optimizers], dtype=double)
        for name in float_fields(first)
    }
    rates = torch.tensor([[each.learning_rate] for each in optimizers], dtype=double)
    state, objective = first.state(weights), ToyObjective(toy)
    points = [weights.clone()]
    for multiplier in multipliers:
        first.update(weights, objective, state, rates * multiplier, numbers)
        points.append(weights.clone())
    return torch.stack(points)
