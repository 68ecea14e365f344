"""Adam as lecture notes misprint it, for contrast: with its two betas swapped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.moments import follow_moments, gather_moments, no_moments
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SwappedAdam"]


@dataclass(frozen=True)
class SwappedAdam(Optimizer):
    """Adam with γ₂ = 0.999 in the average of the gradients and γ₁ = 0.9 in that of their squares.

    This is an erratum made to run, not a method to use; `Adam` is the right one.
    Some lecture notes print ``m ← γ₂ m + (1 − γ₂) g`` and ``v ← γ₁ v + (1 − γ₁) g²``
    with γ₁ = 0.9 and γ₂ = 0.999: the direction then remembers a thousand steps
    and its scale ten. Only this swap is kept. The printed correction
    ``1 / (1 − γᵏ)`` with k from 0 divides the first step by zero, so k is counted
    from 1, and ε stands outside the root, as in `Adam`.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        gamma1: γ₁, of the squares' average.
        gamma2: γ₂, of the gradients' average.
        epsilon: ε, above 0, because a weight without a gradient has v = 0.
        weight_decay: λ, coupled: ``g ← g + λ w`` comes first.

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a gamma outside [0, 1),
            or a negative weight decay.

    References:
        | Adam: a method for stochastic optimization (Kingma & Ba, 2015), where the betas are the other way round
        | https://arxiv.org/abs/1412.6980
    """

    learning_rate: float
    gamma1: float = 0.9
    gamma2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("Swapped Adam's learning_rate", self.learning_rate)
        require_fraction("Swapped Adam's gamma1", self.gamma1)
        require_fraction("Swapped Adam's gamma2", self.gamma2)
        require_positive("Swapped Adam's epsilon", self.epsilon)
        require_non_negative("Swapped Adam's weight_decay", self.weight_decay)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return no_moments(weights)

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        gradient.addcmul_(weights, numbers["weight_decay"])
        gather_moments(state, gradient, mean_decay=numbers["gamma2"], square_decay=numbers["gamma1"])
        follow_moments(weights, state, state["square"], rate, numbers["epsilon"], scratch=gradient)
