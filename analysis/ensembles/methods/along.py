"""Ensembles of the snapshots along one training: what snapshot, no-cycle, constant-rate and fast ensembles share."""

from abc import abstractmethod
from collections.abc import Sequence

from analysis.ensembles.average import Average, averages
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun
from analysis.ensembles.methods.method import Made, Method

__all__ = ["AlongOneTraining"]


class AlongOneTraining(Method):
    """Averages what the last m of a run's snapshots predict, from the last back; their weights are not touched."""

    @abstractmethod
    def places(self, run: HeldRun) -> Sequence[int]:
        """Return the places of the snapshots that are members, in the order of training."""

    def holds(self, run: HeldRun) -> bool:
        return len(self.places(run)) > 1

    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        places = list(reversed(self.places(run)))[:most]
        members = run.predictions[places]
        found = averages(members, run.recipe.loss.prediction, average)
        costs = (Cost(m, run.recipe.epochs, 0, m, m * run.network_bytes) for m in range(1, len(places) + 1))
        return Made(found, tuple(costs), members=members)
