"""What an optimizer minimizes in one step."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Objective"]


class Objective(ABC):
    """The mean loss of each run of a stack on its current batch, as a function of the weights.

    Every evaluation within one step is of the same function, wherever it is
    evaluated and in whatever order: the same examples and the same dropout
    masks. What a step changes once, such as the running statistics of batch
    normalization, an implementation changes at the step's first evaluation and
    at no other. A line search that compares two losses relies on it.
    """

    @abstractmethod
    def value_and_gradient(self, weights: "Tensor", runs: "Tensor | None" = None) -> "tuple[Tensor, Tensor]":
        """Return losses (rows,) and their gradients (rows, parameters), which the next call may overwrite.

        Arguments:
            weights: (rows, parameters), the weights of a run in each row; they are not changed.
            runs: the place in the stack of each row's run, (rows,), ascending; all runs in their order unless given.
        """

    @abstractmethod
    def hessian(self, weights: "Tensor", runs: "Tensor | None" = None) -> "Tensor":
        """Return the second derivatives (rows, parameters, parameters), which belong to the caller.

        Arguments:
            weights: as for the gradient.
            runs: as for the gradient.
        """
