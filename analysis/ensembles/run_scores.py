"""What the ensembles of one run score: metrics, calibration in bins, the risk of the most confident, diversity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.diversity.members import diversity_of
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun
from analysis.ensembles.methods import Made
from analysis.ensembles.scoring import Metric, Predicted, metrics_of
from analysis.metrics import reliability, risk_coverage

__all__ = ["RunScores", "Values", "last_network", "run_scores", "single_networks"]

Array = npt.NDArray[np.float64]
Values = Mapping[str, Array]

# Of a risk–coverage curve no more are drawn, and of a large test set no more are kept.
_most_places = 100


@dataclass(frozen=True)
class RunScores:
    """What one run's ensembles of 1, 2, … members score.

    Arguments:
        costs: of each.
        scores: by metric, (counts,).
        before: as `scores`, before running statistics were estimated anew; empty where there is nothing to estimate.
        curves: of probabilities: ``counts``, ``confidences`` and ``accuracies`` in bins, (counts, bins), and ``risks``
            at up to 100 ``coverages``, (counts, places); empty of other predictions.
        diversity: of all members, by measure; empty without members that predict probabilities.
    """

    costs: tuple[Cost, ...]
    scores: Values
    before: Values
    curves: Values
    diversity: Mapping[str, float]


def last_network(run: HeldRun) -> Values:
    """Return what a run's last network alone scores, by metric, (1,)."""
    return _values(run, run.predictions[-1:].astype(np.float64))


def single_networks(run: HeldRun, places: Sequence[int]) -> Values:
    """Return what some of a run's snapshots score alone, by metric, (places,)."""
    return _values(run, run.predictions[list(places)].astype(np.float64))


def run_scores(run: HeldRun, made: Made) -> RunScores:
    """Score what a method made of a run.

    Arguments:
        run: with the parts that its metrics need.
        made: of it.
    """
    likely = run.recipe.loss.prediction == "probabilities"
    test = run.places["test"]
    return RunScores(
        made.costs,
        _values(run, made.predictions),
        {} if made.before is None else _values(run, made.before),
        _curves(made.predictions[:, test], run.targets()) if likely else {},
        diversity_of(made.members[:, test], run.targets()) if likely and made.members is not None else {},
    )


def _values(run: HeldRun, predictions: Array) -> Values:
    given = {name: predictions[:, place] for name, place in run.places.items()}
    calibrated = "calibration" in run.parts
    predicted = Predicted(
        given["test"],
        run.targets(),
        given["calibration"] if calibrated else None,
        run.targets("calibration") if calibrated else None,
        given,
    )
    metrics: Mapping[str, Metric] = metrics_of(run.recipe.loss.prediction, run.unfamiliar)
    return {name: np.asarray(metric.of(predicted)) for name, metric in metrics.items()}


def _curves(predictions: Array, targets: npt.NDArray[np.int64]) -> Values:
    bins, curve = reliability(predictions, targets), risk_coverage(predictions, targets)
    examples = len(curve.coverages)
    places = np.unique(np.ceil(np.linspace(0, examples, min(examples, _most_places) + 1)[1:]).astype(int)) - 1
    counts = np.ones((len(predictions), 1))
    return {
        "counts": bins.counts,
        "confidences": bins.confidences,
        "accuracies": bins.accuracies,
        "risks": curve.risks[:, places],
        "coverages": counts * curve.coverages[places],
    }
