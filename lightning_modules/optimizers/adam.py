"""Adam: adaptive moment estimation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.moments import follow_moments, gather_moments, no_moments
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Adam"]


@dataclass(frozen=True)
class Adam(Optimizer):
    """``m ← β₁ m + (1 − β₁) g``, ``v ← β₂ v + (1 − β₂) g²``, ``w ← w − α m̂ / (√v̂ + ε)``.

    A hat corrects an average for its start at zero: after k steps (from 1)
    ``m̂ = m / (1 − β₁ᵏ)`` and ``v̂ = v / (1 − β₂ᵏ)``. Lecture notes print it with
    three slips: the betas swapped (`SwappedAdam` is that method), the powers
    counted from k = 0, which divides the first step by zero, and ε inside the
    root, which differs where v is not far above ε. The name means adaptive
    *moment* estimation, not momentum.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        beta1: β₁, of the gradients' average.
        beta2: β₂, of the squares' average.
        epsilon: ε, above 0, because a weight without a gradient has v = 0.
        weight_decay: λ, coupled: ``g ← g + λ w`` comes first and is scaled with the rest; for the decoupled
            decay use `AdamW`.

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a beta outside [0, 1), or a negative weight decay.

    References:
        | Adam: a method for stochastic optimization (Kingma & Ba, 2015)
        | https://arxiv.org/abs/1412.6980
    """

    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("Adam's learning_rate", self.learning_rate)
        require_fraction("Adam's beta1", self.beta1)
        require_fraction("Adam's beta2", self.beta2)
        require_positive("Adam's epsilon", self.epsilon)
        require_non_negative("Adam's weight_decay", self.weight_decay)

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
        gather_moments(state, gradient, numbers["beta1"], numbers["beta2"])
        follow_moments(weights, state, state["square"], rate, numbers["epsilon"], scratch=gradient)
