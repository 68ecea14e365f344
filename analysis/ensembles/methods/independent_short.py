"""Independent trainings that together take the epochs of one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from analysis.ensembles.average import Average, averages
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun, Regime
from analysis.ensembles.methods.method import Made, Method

__all__ = ["IndependentShort", "method"]


@dataclass(frozen=True)
class IndependentShort(Method):
    """Averages M trainings of a run's recipe, each begun anew, of a part of its epochs: a deep ensemble at its budget.

    The paper calls it SingleCycle ensemble. For companions that diverged see `Independent`.

    References:
        | Snapshot ensembles: train 1, get M for free (Huang et al., 2017)
        | https://arxiv.org/abs/1704.00109
    """

    name: ClassVar[str] = "independent-short"
    title: ClassVar[str] = "independent, short"
    regimes: ClassVar[tuple[Regime, ...]] = ("annealed", "constant")
    wanting: ClassVar[str] = (
        "no run with companions of a part of its epochs: give the study's budget members=5 and a recipe a schedule"
        " without cycles, and run the study again"
    )

    def holds(self, run: HeldRun) -> bool:
        return len(run.short) > 0

    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        members = np.stack([run.last_of(each) for each in run.short[:most]])
        found = averages(members, run.recipe.loss.prediction, average)
        epochs, size = run.short[0].recipe.epochs, run.network_bytes
        costs = (Cost(m, m * epochs, 0, m, m * size) for m in range(1, len(found) + 1))
        return Made(found, tuple(costs), members=members)


method = IndependentShort()
