"""The value of a recipe for the search: one number from all its search seeds."""

import math
from collections.abc import Sequence

from sweeps.record import RunRecord
from sweeps.study import Metric

__all__ = ["objective"]


def objective(records: Sequence[RunRecord], metric: Metric, classes: int) -> float:
    """Return the mean of a metric over a recipe's seeds; a diverged run, or a worse one, counts as guessing by chance.

    Were diverged runs left out, a recipe that diverges on all seeds but one
    lucky one would win; were they worth nothing, the search's model of the
    metric would be bent by them.

    Arguments:
        records: of one recipe, one a seed.
        metric: what the study optimizes.
        classes: of the data set.
    """
    if metric == "validation_accuracy":
        return math.fsum(record.metrics.get(metric, 1 / classes) for record in records) / len(records)
    # A loss has no upper end: without a cap a run that diverged would be better than one that trained badly.
    chance = math.log(classes)
    return math.fsum(min(record.metrics.get(metric, chance), chance) for record in records) / len(records)
