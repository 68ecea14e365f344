"""The value of a recipe for the search: one number from all its search seeds."""

import math
from collections.abc import Sequence

from lightning_modules.recipe import Run
from lightning_modules.training.guessing import loss_of_guessing, score_of_guessing
from sweeps.record import RunRecord
from sweeps.study import Metric

__all__ = ["mean", "objective", "value_of", "worth"]


def objective(records: Sequence[RunRecord], metric: Metric) -> float:
    """Return the mean of a metric over a recipe's seeds; a diverged run, or a worse one, counts as guessing.

    Were diverged runs left out, a recipe that diverges on all seeds but one
    lucky one would win; were they worth nothing, the search's model of the
    metric would be bent by them.

    Arguments:
        records: of one recipe, one a seed.
        metric: what the study optimizes.
    """
    return mean([value_of(record, metric) for record in records])


def mean(values: Sequence[float]) -> float:
    """Return the mean, exact before it is rounded: it does not depend on the order."""
    return math.fsum(values) / len(values)


def value_of(record: RunRecord, metric: Metric) -> float:
    """Return the metric of one run; a diverged run, or a worse one, counts as guessing."""
    return worth(record.run, record.metrics.get(metric), metric)


def worth(run: Run, found: float | None, metric: Metric) -> float:
    """Return what a metric of a run counts as: itself, or guessing if it is None, of a run that diverged, or worse."""
    if metric == "validation_accuracy":
        return score_of_guessing(run, "validation") if found is None else found
    # A loss has no upper end: without a cap a run that diverged would be better than one that trained badly.
    guessing = loss_of_guessing if metric == "validation_loss" else score_of_guessing
    chance = guessing(run, "validation")
    return chance if found is None else min(found, chance)
