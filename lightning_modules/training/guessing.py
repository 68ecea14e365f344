"""What a run that learned nothing is worth."""

import math

import torch

from lightning_modules.recipe import Run
from lightning_modules.score import score_of
from lightning_modules.training.stack_data import Part, load, split_of

__all__ = ["loss_of_guessing", "score_of_guessing"]


def score_of_guessing(run: Run, part: Part) -> float:
    """Return the score of a network that knows nothing of the inputs, on a part of a run's split."""
    dataset = load(run.recipe.data)
    targets = dataset.targets[getattr(split_of(run.recipe.data, run.seeds.split), part)]
    return score_of(dataset.task).of_guessing(dataset, targets)


def loss_of_guessing(run: Run, part: Part) -> float:
    """Return the mean loss of such a network."""
    dataset, loss = load(run.recipe.data), run.recipe.loss
    targets = dataset.targets[getattr(split_of(run.recipe.data, run.seeds.split), part)]
    outputs = torch.from_numpy(loss.guess(dataset, targets)).expand(len(targets), -1)
    values = loss.values(outputs, torch.from_numpy(targets)).tolist()
    # Exact: of recipes that are all cut off here none may be ahead by a rounding.
    return math.fsum(values) / len(values)
