"""What a slice of the loss surface is: losses on a grid of weights, and what one has to know to trust them."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.statistics import Statistics
from lightning_modules.errors import InvalidInput

__all__ = ["LineSlice", "PlaneSlice", "Values"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Values:
    """What another set of examples gives at the points of a slice.

    Arguments:
        examples: which they are, in words.
        losses: of the slice's shape; not finite where the network's outputs are not.
        accuracies: fractions, of the slice's shape; None for regression.
        checks: what one has to know to trust them, in words.
    """

    examples: str
    losses: Array
    accuracies: Array | None
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineSlice:
    """Loss, and for classes the accuracy, along lines.

    Arguments:
        steps: where on a line, (points,).
        losses: means over the examples, (lines, points); not finite where the network's outputs are not.
        accuracies: fractions, (lines, points); None for regression.
        marks: the steps at which solutions lie, (solutions,).
        checks: what one has to know to trust it, in words.
        axis: what the steps are, in words.
        examples: on which it is evaluated, in words.
        statistics: how batch normalization was treated; a model without it is the same by all.
        others: at the same points, on other examples.
        drawn: what the lines are random draws of, in words; empty where they were given, and say nothing of others.
    """

    steps: Array
    losses: Array
    accuracies: Array | None
    marks: Array
    checks: tuple[str, ...] = ()
    axis: str = "step along a random filter-normalised direction"
    examples: str = "training set"
    statistics: Statistics = "frozen"
    others: tuple[Values, ...] = ()
    drawn: str = ""

    def on(self, examples: str) -> "LineSlice":
        """Return the same lines on one set of examples alone, as its own slice.

        Raises:
            InvalidInput: for a set that the slice has not.
        """
        return replace(self, **vars(_on(self, examples)), others=())


@dataclass(frozen=True)
class PlaneSlice:
    """Loss, and for classes the accuracy, on a grid in a plane.

    Arguments:
        x: first coordinate of the columns, (columns,).
        y: second coordinate of the rows, (rows,).
        losses: means over the examples, (rows, columns); not finite where the network's outputs are not.
        accuracies: fractions, (rows, columns); None for regression.
        marks: the coordinates of solutions, (solutions, 2).
        checks: what one has to know to trust it, in words.
        axes: what x and y are, in words.
        examples: on which it is evaluated, in words.
        statistics: how batch normalization was treated; a model without it is the same by all.
        others: at the same points, on other examples.
        evaluated: whether a point was evaluated, or else interpolated, (rows, columns); None where all were.
    """

    x: Array
    y: Array
    losses: Array
    accuracies: Array | None
    marks: Array
    checks: tuple[str, ...] = ()
    axes: tuple[str, str] = ("distance in weight space", "distance in weight space")
    examples: str = "training set"
    statistics: Statistics = "frozen"
    others: tuple[Values, ...] = ()
    evaluated: npt.NDArray[np.bool_] | None = None

    def on(self, examples: str) -> "PlaneSlice":
        """Return the same plane on one set of examples alone, as its own slice.

        Raises:
            InvalidInput: for a set that the slice has not.
        """
        return replace(self, **vars(_on(self, examples)), others=())


def _on(whole: LineSlice | PlaneSlice, examples: str) -> Values:
    own = Values(whole.examples, whole.losses, whole.accuracies, whole.checks)
    sets = {each.examples: each for each in (own, *whole.others)}
    if examples not in sets:
        raise InvalidInput(f"The slice has no {examples!r}: it is on the {' and the '.join(sets)}.")
    return sets[examples]
