"""Networks trained on the same examples: how far apart they are in weights, in loss and in what they predict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from analysis.diversity.between import mean_of_pairs
from analysis.diversity.group import between_snapshots
from analysis.ensembles.held import HeldRun, held_runs, regime_of
from analysis.estimate import Estimate, Unit
from analysis.paths.linear import barrier_matrix
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.scores import finite_mean
from analysis.surface import Surface
from lightning_modules.training.guessing import loss_of_guessing
from sweeps.record import RunRecord
from sweeps.store import RunStore

__all__ = ["Apart", "Solutions", "apart", "difference", "kept", "mean", "quantities", "solutions_of"]

Array = npt.NDArray[np.float64]
Weights = Mapping[str, npt.NDArray[Any]]

quantities: Mapping[str, Unit] = {
    "loss_barrier": "nats",
    "error_barrier": "fraction",
    "disagreement": "fraction",
    "distance": "number",
}
"""What two networks are apart by, with its unit."""

_lost = "not finite and left out"


@dataclass(frozen=True)
class Solutions:
    """Networks that share a training set: the snapshots of one run, or independent runs of one split.

    Arguments:
        record: of a run, whose training set it is.
        weights: of each network.
        predictions: of each on the test set, (networks, examples, k).
    """

    record: RunRecord
    weights: tuple[Weights, ...]
    predictions: npt.NDArray[Any]

    @property
    def surface(self) -> Surface:
        """The loss on their training set."""
        return training_surface(self.record.recipe, self.record.seeds, self.weights[-1])


@dataclass(frozen=True)
class Apart:
    """What every two of some networks are apart by, (networks, networks), with zeros on the diagonal.

    Arguments:
        loss_barrier: of the training loss on the straight line, `Barrier.above_line`.
        error_barrier: of the fraction of errors on the training set; NaN for regression.
        disagreement: the fraction of test examples to which they give different classes; of regression the root mean
            squared difference of their predictions.
        distance: of the weights, ``‖u − v‖ / √(‖u‖ ‖v‖)``, which is √2 of two equally long ones that have nothing in
            common.
        collapsed: how many of the networks have learned nothing: their training loss is not below that of guessing.
    """

    loss_barrier: Array
    error_barrier: Array
    disagreement: Array
    distance: Array
    collapsed: int


def solutions_of(part: StudyResults, store: RunStore, members: int) -> dict[str, dict[int, Solutions]]:
    """Return by report seed the ``snapshots`` of the recipe with so many cycles, and as many ``independent`` runs.

    Independent runs are a run of an annealed recipe and its companions, which
    share its split, and so its training set and its wrong labels. A seed is
    left out where a run diverged or there are fewer networks.

    Arguments:
        part: results of one condition.
        store: that holds the runs.
        members: networks of each kind.
    """
    found: dict[str, dict[int, Solutions]] = {"snapshots": {}, "independent": {}}
    for confirmed in part.confirmed:
        kind = {"cycling": "snapshots", "annealed": "independent"}.get(regime_of(confirmed.recipe), "")
        if not kind or found[kind]:
            continue
        for seed, run in held_runs(confirmed, store, part.budget.get("members", 1)).items():
            own = None if run is None else _snapshots(run) if kind == "snapshots" else _independent(run)
            if own is not None and len(own.weights) == members:
                found[kind][seed] = own
    return found


def _snapshots(run: HeldRun) -> Solutions:
    places = run.at_cycle_ends
    return Solutions(run.record, tuple(run.weights[place] for place in places), run.predictions[places])


def _independent(run: HeldRun) -> Solutions | None:
    records = (run.record, *run.full)
    if any(each.diverged_step is not None for each in records):
        return None
    weights = tuple(each.snapshots()[-1] for each in records)
    return Solutions(run.record, weights, np.stack([each.predictions()["test"][-1] for each in records]))


def apart(solutions: Solutions, points: int = 25) -> Apart:
    """Measure what every two networks are apart by.

    Arguments:
        solutions: two networks or more.
        points: on each line, both ends included.
    """
    record, surface = solutions.record, solutions.surface
    rows = torch.stack([surface.row(each) for each in solutions.weights])
    matrix = barrier_matrix(surface, rows, points)
    errors = np.full_like(matrix.losses, np.nan) if matrix.errors is None else matrix.errors
    own = {first: path.losses[0] for (first, _), path in matrix.paths.items()}
    own |= {second: path.losses[-1] for (_, second), path in matrix.paths.items()}
    guessing = loss_of_guessing(record.run, "train")
    targets = record.predictions()["test_targets"]
    norms = rows.double().norm(dim=1)
    between = torch.cdist(rows.double(), rows.double(), compute_mode="donot_use_mm_for_euclid_dist")
    return Apart(
        matrix.losses,
        errors,
        between_snapshots(solutions.predictions, targets, record.recipe.loss.task),
        (between / (norms[:, None] * norms).sqrt()).numpy(),
        sum(not loss < guessing for loss in own.values()),
    )


def mean(found: Mapping[int, Apart], quantity: str, name: str, unit: Unit) -> Estimate | None:
    """Return the mean over the seeds of each one's mean over all pairs of its networks; None without a whole seed.

    Arguments:
        found: by seed.
        quantity: one of `quantities`.
        name: of the estimate.
        unit: of it.
    """
    values = list(_by_seed(found, quantity).values())
    return finite_mean(values, name, unit, "each the mean over its pairs of networks", _lost)


def difference(
    first: Mapping[int, Apart], second: Mapping[int, Apart], quantity: str, name: str, unit: Unit
) -> Estimate | None:
    """Return the mean of first minus second within each seed, as `mean` has them; None without a shared seed."""
    one, other = _by_seed(first, quantity), _by_seed(second, quantity)
    shared = [one[seed] - other[seed] for seed in one if seed in other]
    return finite_mean(shared, name, unit, "differences within each seed of means over pairs of networks", _lost)


def kept(found: Mapping[int, Apart]) -> Iterator[int]:
    """Yield the seeds of which no network has collapsed: between networks that learned nothing there is no barrier."""
    return (seed for seed, each in found.items() if not each.collapsed)


def _by_seed(found: Mapping[int, Apart], quantity: str) -> dict[int, float]:
    return {seed: float(mean_of_pairs(getattr(found[seed], quantity))) for seed in kept(found)}
