"""Newton's method with a damped Hessian."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_positive
from lightning_modules.optimizers.full_hessian import directions, require_few_parameters
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.second_order import SecondOrder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DampedNewton"]


@dataclass(frozen=True)
class DampedNewton(SecondOrder):
    """``w ← w − α (H + μ 1)⁻¹ g``: Newton's step for a small μ, a short gradient step for a large one.

    A damping above the size of the most negative eigenvalue of H makes every
    step lead downhill; one below half of that size is still drawn to saddles.
    A run whose damped Hessian is exactly singular has no step: its weights are
    not a number from then on, and it counts as diverged.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        damping: μ, in units of the Hessian, above 0; for none use `Newton`.

    Raises:
        InvalidInput: for a learning rate or a damping not above 0, and in training for a model of more than
            5,000 parameters.

    References:
        | An algorithm for least-squares estimation of nonlinear parameters (Marquardt, 1963)
        | https://doi.org/10.1137/0111030
    """

    learning_rate: float = 1.0
    damping: float = 0.1

    def __post_init__(self) -> None:
        require_positive("Damped Newton's learning_rate", self.learning_rate)
        require_positive("Damped Newton's damping", self.damping)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        require_few_parameters("Damped Newton's method", weights)
        return {}

    def state_values(self, parameters: int) -> int:
        # The Hessian, what it is made from, and what solving it takes.
        return 3 * parameters**2

    def update(
        self,
        weights: "Tensor",
        objective: Objective,
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> "Tensor":
        import torch

        def solve(hessian: "Tensor", gradient: "Tensor", runs: "Tensor") -> "Tensor":
            hessian.diagonal(dim1=1, dim2=2).add_(numbers["damping"][runs])
            solved, singular = torch.linalg.solve_ex(hessian, gradient[:, :, None])
            return torch.where(singular[:, None] > 0, torch.nan, solved[:, :, 0])

        losses, gradient = objective.value_and_gradient(weights)
        weights.addcmul_(directions(objective, weights, gradient, solve), rate, value=-1)
        return losses
