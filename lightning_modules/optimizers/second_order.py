"""What an optimizer is that one gradient a step does not suffice."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SecondOrder"]


class SecondOrder(Optimizer):
    """Uses the curvature of the objective, which it evaluates as often as it needs to.

    Its steps are meant for a full batch, a `batch_size` of at least the number of
    training examples: the curvature of a small batch is mostly noise.
    """

    @abstractmethod
    def update(
        self,
        weights: "Tensor",
        objective: Objective,
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> "Tensor":
        """Update weights and state in place and return each run's loss before, (runs,).

        Arguments:
            weights: (runs, parameters).
            objective: what this step minimizes.
            state: what `state` returned, as the last step left it.
            rate: this step's learning rate, (runs, 1).
            numbers: every float field by its name, each (runs, 1).
        """

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        """Refuse: a gradient does not tell the curvature.

        Raises:
            InvalidInput: always.
        """
        raise InvalidInput(f"{type(self).__name__} cannot step along one gradient: give the objective to its update.")
