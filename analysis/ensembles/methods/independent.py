"""Deep ensembles: independent trainings, each of as many epochs as a single one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis.ensembles.average import Average, averages
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun, Regime
from analysis.ensembles.methods.method import Made, Method

__all__ = ["Independent", "method"]


@dataclass(frozen=True)
class Independent(Method):
    """Averages a run and its companions, which start and shuffle otherwise and share its split.

    Runs of other report seeds are no members: they were trained on some of
    this run's test examples. A companion that diverged takes the ensembles
    that it is in with it: they are NaN and counted as lost.

    References:
        | Simple and scalable predictive uncertainty estimation using deep ensembles (Lakshminarayanan et al., 2017)
        | https://arxiv.org/abs/1612.01474
    """

    name: ClassVar[str] = "independent"
    title: ClassVar[str] = "independent"
    regimes: ClassVar[tuple[Regime, ...]] = ("annealed", "constant")
    wanting: ClassVar[str] = (
        "no run with companions on its own split: give the study's budget members=5 and a recipe a schedule without"
        " cycles, and run the study again"
    )

    def holds(self, run: HeldRun) -> bool:
        return len(run.full) > 0

    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        members = np.stack([run.predictions[-1], *map(run.last_of, run.full[: None if most is None else most - 1])])
        found = averages(members, run.recipe.loss.prediction, average)
        epochs, size = run.recipe.epochs, run.network_bytes
        costs = (Cost(m, m * epochs, 0, m, m * size) for m in range(1, len(found) + 1))
        return Made(found, tuple(costs), members=members)


method = Independent()
