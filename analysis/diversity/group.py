"""What the snapshots of each run of a group differ by, and the barriers between them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.diversity.between import disagreement, pairwise, rms_difference
from analysis.diversity.rank_correlation import RankCorrelation, rank_correlation
from analysis.inference.spearman import spearman
from lightning_modules.data.dataset import Task

__all__ = ["GroupDiversity", "between_snapshots", "measures"]

Array = npt.NDArray[np.float64]

measures = {"classification": "disagreement", "regression": "difference"}
"""What two snapshots differ by, by the task."""


@dataclass(frozen=True)
class GroupDiversity:
    """The snapshots of one group's runs.

    Arguments:
        label: of the group.
        task: what it learns, and so by what snapshots differ.
        names: of the runs: ``RECIPE/SEEDS``.
        marks: of the runs in a figure: seeds.
        differences: of each run, on its test set, (snapshots, snapshots): the fraction of examples on which two
            disagree, or the root mean squared difference of their predictions, in the targets' unit.
        barriers: of each run, of the training loss on the straight line, (snapshots, snapshots).
        unit: of the loss, or empty.
        checks: what one has to know to trust it, in words.
        cosines: of each run, of the angles between the snapshots' parameters, (snapshots, snapshots).
    """

    label: str
    task: Task
    names: tuple[str, ...]
    marks: tuple[str, ...]
    differences: tuple[Array, ...]
    barriers: tuple[Array, ...]
    unit: str = ""
    checks: tuple[str, ...] = ()
    cosines: tuple[Array, ...] = ()

    @property
    def pairs(self) -> list[tuple[Array, Array]]:
        """The barriers and the differences of each run's pairs, each (pairs,); NaN where a loss is not finite."""
        return [
            (barrier[upper], difference[upper])
            for barrier, difference in zip(self.barriers, self.differences, strict=True)
            for upper in [np.triu_indices(len(barrier), 1)]
        ]

    @cached_property
    def correlation(self) -> RankCorrelation:
        """Spearman's, within each run; positive where snapshots that differ more have more between them."""
        return rank_correlation([spearman(*each) for each in self.pairs], f"rank_correlation[{self.label}]")


def between_snapshots(predictions: npt.NDArray[Any], targets: npt.NDArray[Any], task: Task) -> Array:
    """Return what every two snapshots differ by, (snapshots, snapshots).

    Arguments:
        predictions: (snapshots, examples, k), as `Loss.prediction` says.
        targets: (examples,) classes or (examples, outputs).
        task: of the network.
    """
    if task == "classification":
        return pairwise(disagreement, predictions)
    return pairwise(rms_difference, predictions[..., : targets.shape[-1]])
