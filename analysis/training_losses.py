"""The training loss of trained networks: on all training examples at once, with the weights as they are."""

import math
from collections.abc import Mapping

import torch

from analysis.estimate import Estimate, Unit
from analysis.results import ConfirmedRecipe
from analysis.run_surface import training_surface
from analysis.scores import finite_mean
from sweeps.record import RunRecord

__all__ = ["by_seed", "difference_of", "mean_of", "training_loss"]

_lost = "with a run that diverged left out"


def training_loss(record: RunRecord) -> float:
    """Return the loss of a confirmed run's last network on its own training set; NaN if the run diverged.

    The record's ``train_loss`` is another number: the mean over the last
    epoch's batches, each before a step that the network had still to take.
    Penalties and augmentation are left out, and running statistics are the run's.

    Arguments:
        record: of a run with snapshots.
    """
    if record.diverged_step is not None:
        return math.nan
    weights = record.snapshots()[-1]
    surface = training_surface(record.recipe, record.seeds, weights)
    point = surface.row(weights)
    return float(surface.at(point, point[None], torch.zeros(1, 1)).losses[0])


def by_seed(confirmed: ConfirmedRecipe) -> dict[int, float]:
    """Return the training loss of each report seed's run, NaN where it diverged."""
    return {seed: training_loss(record) for seed, record in confirmed.records.items()}


def mean_of(losses: Mapping[int, float], key: str, unit: Unit) -> Estimate | None:
    """Return the mean over the seeds whose run did not diverge, ``train_loss[key]``; None without one.

    Arguments:
        losses: by seed.
        key: whose they are.
        unit: of the loss.
    """
    return finite_mean(list(losses.values()), f"train_loss[{key}]", unit, lost=_lost)


def difference_of(
    first: Mapping[int, float], second: Mapping[int, float], names: tuple[str, str], unit: Unit
) -> Estimate | None:
    """Return the mean of first minus second within each seed, ``train_loss_difference[A - B]``; None without a seed.

    Arguments:
        first: losses by seed.
        second: losses by seed.
        names: of both.
        unit: of a difference of losses.
    """
    shared = [first[seed] - second[seed] for seed in first if seed in second]
    name = f"train_loss_difference[{' - '.join(names)}]"
    return finite_mean(shared, name, unit, "differences within each seed", _lost)
