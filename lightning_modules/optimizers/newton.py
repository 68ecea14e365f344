"""Newton's method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_positive
from lightning_modules.optimizers.full_hessian import directions, require_few_parameters
from lightning_modules.optimizers.objective import Objective
from lightning_modules.optimizers.second_order import SecondOrder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Newton"]


@dataclass(frozen=True)
class Newton(SecondOrder):
    """``w ← w − α H⁻¹ g``: with α = 1 to where the quadratic through the current weights is stationary.

    The quadratic is ``f(w) ≈ f(w₀) + gᵀ (w − w₀) + ½ (w − w₀)ᵀ H (w − w₀)`` with g and
    H at w₀, the weights before the step; lecture notes leave out the ½. The
    stationary point is a minimum, a saddle or a maximum, and the method is drawn
    to each alike: away from minima it needs damping (`DampedNewton`).

    The inverse is the Moore–Penrose inverse: along directions without curvature
    to rounding (eigenvalues of at most ε · parameters times the largest, ε of
    the precision) the method says nothing and the weights stay. Every softmax
    has such directions, and so has an input that is always 0.

    Arguments:
        learning_rate: α, before the schedule's multiplier; 1 is Newton's own step.

    Raises:
        InvalidInput: for a learning rate not above 0, and in training for a model of more than 5,000 parameters.

    References:
        | A Newton–Raphson method for the solution of systems of equations (Ben-Israel, 1966)
        | https://doi.org/10.1016/0022-247X(66)90115-6
    """

    learning_rate: float = 1.0

    def __post_init__(self) -> None:
        require_positive("Newton's learning_rate", self.learning_rate)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        require_few_parameters("Newton's method", weights)
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

        cut = torch.finfo(weights.dtype).eps * weights.shape[1]

        def solve(hessian: "Tensor", gradient: "Tensor", _: "Tensor") -> "Tensor":
            values, vectors = torch.linalg.eigh(hessian)
            curved = values.abs() > cut * values.abs().amax(dim=1, keepdim=True)
            # Not products of matrices, whose bits depend on how many there are.
            along = (vectors * gradient[:, :, None]).sum(dim=1)
            step: Tensor = (vectors * torch.where(curved, along / values, 0)[:, None]).sum(dim=2)
            return step

        losses, gradient = objective.value_and_gradient(weights)
        weights.addcmul_(directions(objective, weights, gradient, solve), rate, value=-1)
        return losses
