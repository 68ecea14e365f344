"""What a way to an ensemble is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from analysis.ensembles.average import Average
from analysis.ensembles.cost import Cost
from analysis.ensembles.held import HeldRun, Regime

__all__ = ["Made", "Method"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Made:
    """What a method makes of one run, with 1, 2, … members.

    Arguments:
        predictions: of the run's parts, (counts, examples, k).
        costs: of each.
        before: the same before running statistics were estimated anew; None where there is nothing to estimate.
        members: what is averaged, (members, examples, k), of a method that averages predictions; None of one that
            averages weights.
    """

    predictions: Array
    costs: tuple[Cost, ...]
    before: Array | None = None
    members: npt.NDArray[Any] | None = None


class Method(ABC):
    """Makes ensembles, or averages of weights, of what a store holds of a run; subclasses are frozen dataclasses.

    Adding one takes one file beside this one, which ends with an instance
    called ``method``.

    Attributes:
        name: by which a user asks for it.
        title: for readers.
        regimes: of the runs that it is made of, the most fitting first; of a study it takes the recipes of one regime.
        wanting: what a study lacks that it cannot be made of, and how to get it, to follow "there is".
    """

    name: ClassVar[str]
    title: ClassVar[str]
    regimes: ClassVar[tuple[Regime, ...]]
    wanting: ClassVar[str]

    @abstractmethod
    def holds(self, run: HeldRun) -> bool:
        """Tell whether a run, of one of the regimes, has what this is made of."""

    @abstractmethod
    def make(self, run: HeldRun, average: Average, most: int | None = None) -> Made:
        """Return ensembles of 1, 2, … members.

        Arguments:
            run: one that has what this is made of.
            average: of predictions.
            most: members at most; all that there are, or as many samples as the method says, unless given.
        """
