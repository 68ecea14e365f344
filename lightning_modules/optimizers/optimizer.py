"""What an optimizer for a stack of runs is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lightning_modules.optimizers.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Optimizer"]


class Optimizer(ABC):
    """An update rule and its numbers; subclasses are frozen dataclasses.

    Every float field is a number of one run, and in a stack a vector over the
    runs; other fields are shared by the stack. Clipping and penalties are
    optimizers too, each around another (`Wrapper`). All runs' parameters lie in one
    matrix (runs, parameters), so that a step is a few operations for all.

    Arguments:
        learning_rate: the rate that the schedule multiplies.
    """

    learning_rate: float

    @abstractmethod
    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        """Return the state before the first step for weights (runs, parameters), each tensor with the runs first."""

    def state_values(self, parameters: int) -> int:
        """Return how many numbers the optimizer keeps or needs at a time for a run of so many parameters.

        What `state` returns; an optimizer that needs far more within a step, such as a Hessian, says so here.
        """
        import torch

        return sum(value.numel() for value in self.state(torch.empty(1, parameters, device="meta")).values())

    @abstractmethod
    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        """Update weights (runs, parameters) and state in place; the gradient may be used as scratch.

        Arguments:
            weights: (runs, parameters).
            gradient: of each run's mean loss, (runs, parameters).
            state: what `state` returned, as the last step left it.
            rate: this step's learning rate, (runs, 1).
            numbers: every float field by its name (`float_fields`), each (runs, 1).
        """

    def update(
        self,
        weights: "Tensor",
        objective: Objective,
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> "Tensor":
        """Update weights and state in place and return each run's loss before, (runs,): one gradient, one `step`.

        Optimizers that need more than one gradient a step (`SecondOrder`) replace it.

        Arguments:
            weights: (runs, parameters).
            objective: what this step minimizes.
            state: as for `step`.
            rate: as for `step`.
            numbers: as for `step`.
        """
        losses, gradient = objective.value_and_gradient(weights)
        self.step(weights, gradient, state, rate, numbers)
        return losses
