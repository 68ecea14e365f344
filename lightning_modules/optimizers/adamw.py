"""Adam with decoupled weight decay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.moments import follow_moments, gather_moments, no_moments
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AdamW"]


@dataclass(frozen=True)
class AdamW(Optimizer):
    """``w ← (1 − α λ) w``, then Adam's step on the gradient of the loss alone.

    The decay is not divided by ``√v̂``: every weight shrinks by the same factor,
    which follows the schedule through α. Coupled decay (`Adam`) is the gradient of
    ``½ λ ‖w‖²`` instead; for plain gradient descent the two are the same, for
    Adam they are not.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        beta1: β₁, of the gradients' average.
        beta2: β₂, of the squares' average.
        epsilon: ε, above 0, because a weight without a gradient has v = 0.
        weight_decay: λ, decoupled.

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a beta outside [0, 1), or a negative weight decay.

    References:
        | Decoupled weight decay regularization (Loshchilov & Hutter, 2019)
        | https://arxiv.org/abs/1711.05101
    """

    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        require_positive("AdamW's learning_rate", self.learning_rate)
        require_fraction("AdamW's beta1", self.beta1)
        require_fraction("AdamW's beta2", self.beta2)
        require_positive("AdamW's epsilon", self.epsilon)
        require_non_negative("AdamW's weight_decay", self.weight_decay)

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
        weights.mul_(1 - rate * numbers["weight_decay"])
        gather_moments(state, gradient, numbers["beta1"], numbers["beta2"])
        follow_moments(weights, state, state["square"], rate, numbers["epsilon"], scratch=gradient)
