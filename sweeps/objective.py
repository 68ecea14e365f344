"""The value of a recipe for the search: one number from all its search seeds."""

import math
from collections.abc import Sequence

from lightning_modules.training.guessing import loss_of_guessing, score_of_guessing
from sweeps.record import RunRecord
from sweeps.study import Metric

__all__ = ["objective", "value_of"]


def objective(records: Sequence[RunRecord], metric: Metric) -> float:
    """Return the mean of a metric over a recipe's seeds; a diverged run, or a worse one, counts as guessing.

    Were diverged runs left out, a recipe that diverges on all seeds but one
    lucky one would win; were they worth nothing, the search's model of the
    metric would be bent by them.

    Arguments:
        records: of one recipe, one a seed.
        metric: what the study optimizes.
    """
    return math.fsum(value_of(record, metric) for record in records) / len(records)


def value_of(record: RunRecord, metric: Metric) -> float:
    """Return the metric of one run; a diverged run, or a worse one, counts as guessing."""
    if metric == "validation_accuracy":
        found = record.metrics.get(metric)
        return score_of_guessing(record.run, "validation") if found is None else found
    # A loss has no upper end: without a cap a run that diverged would be better than one that trained badly.
    guessing = loss_of_guessing if metric == "validation_loss" else score_of_guessing
    chance = guessing(record.run, "validation")
    return min(record.metrics.get(metric, chance), chance)
