"""Whether the cycles of one training end in different minima, beside minima that independent runs end in."""

from dataclasses import dataclass

from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["Minima"]


@dataclass(frozen=True)
class Minima(Measurement):
    """Measures what lies between the snapshots of a cyclic training, and between as many independent runs.

    Both lie on the same split, training set and wrong labels, seed by seed. A seed of which a network's training loss
    is not below that of guessing is left out and counted: where nothing was learned there is no barrier either.

    Estimates, of ``loss_barrier``, ``error_barrier`` (both on the training set), ``disagreement`` (test set) and
    ``distance`` (of weights, relative to their norms): ``loss_barrier[snapshots, CONDITION]`` and
    ``loss_barrier_difference[snapshots - independent, CONDITION]``, and ``rank_correlation[snapshots, CONDITION]`` of
    disagreement and loss barrier over a run's pairs.

    Arguments:
        within: the field that tells conditions apart, as `group_of` has it; empty for one condition.
        members: networks of each kind; the recipe with so many cycles gives the snapshots.
        points: on each line, both ends included.

    References:
        | Linear mode connectivity and the lottery ticket hypothesis (Frankle et al., 2020)
        | https://arxiv.org/abs/1912.05671
        | Deep ensembles: a loss landscape perspective (Fort et al., 2019), https://arxiv.org/abs/1912.02757
    """

    within: str = ""
    members: int = 5
    points: int = 25

    @property
    def name(self) -> str:
        return "minima"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.minima import measure

        measure(self, paths)
