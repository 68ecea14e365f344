"""Adagrad: each weight's rate falls with the gradients that it has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_non_negative, require_positive
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Adagrad"]


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """``g ← g + λ w``, ``G ← G + g²``, ``w ← w − α g / (√(G₀ + G) + ε)``, each weight for itself.

    The constant ε stands outside the root, as in torch; lecture notes print
    ``√(G + ε)``, which differs where G is not far above ε. torch's further decay
    of the rate with the steps is a schedule's business here.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        initial_accumulator: G₀, what the sum of squares starts from.
        epsilon: ε, above 0, because a weight without a gradient has G = 0.
        weight_decay: λ, coupled (part of the gradient).

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a negative accumulator or weight decay.

    References:
        | Adaptive subgradient methods for online learning and stochastic optimization (Duchi et al., 2011)
        | https://jmlr.org/papers/v12/duchi11a.html
    """

    learning_rate: float
    initial_accumulator: float = 0.0
    epsilon: float = 1e-10
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("Adagrad's learning_rate", self.learning_rate)
        require_non_negative("Adagrad's initial_accumulator", self.initial_accumulator)
        require_positive("Adagrad's epsilon", self.epsilon)
        require_non_negative("Adagrad's weight_decay", self.weight_decay)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return {"total": weights.new_zeros(weights.shape)}

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        gradient.addcmul_(weights, numbers["weight_decay"])
        total = state["total"].addcmul_(gradient, gradient)
        scale = (total + numbers["initial_accumulator"]).sqrt_().add_(numbers["epsilon"])
        weights.addcmul_(gradient.div_(scale), rate, value=-1)
