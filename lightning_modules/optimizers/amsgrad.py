"""AMSGrad: Adam that never forgets its largest gradients."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.moments import follow_moments, gather_moments, no_moments
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AMSGrad"]


@dataclass(frozen=True)
class AMSGrad(Optimizer):
    """Adam with the largest v so far in the place of v: ``u ← max(u, v)``, ``w ← w − α m̂ / (√û + ε)``.

    Adam may fail to converge, even on convex problems, because v forgets large
    and rare gradients; u does not. As in torch the maximum is over v before its
    correction, and u is then divided by ``1 − β₂ᵏ``; the paper corrects neither m
    nor u.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        beta1: β₁, of the gradients' average.
        beta2: β₂, of the squares' average.
        epsilon: ε, above 0, because a weight without a gradient has u = 0.
        weight_decay: λ, coupled: ``g ← g + λ w`` comes first.

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a beta outside [0, 1), or a negative weight decay.

    References:
        | On the convergence of Adam and beyond (Reddi et al., 2018)
        | https://arxiv.org/abs/1904.09237
    """

    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("AMSGrad's learning_rate", self.learning_rate)
        require_fraction("AMSGrad's beta1", self.beta1)
        require_fraction("AMSGrad's beta2", self.beta2)
        require_positive("AMSGrad's epsilon", self.epsilon)
        require_non_negative("AMSGrad's weight_decay", self.weight_decay)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return no_moments(weights) | {"largest": weights.new_zeros(weights.shape)}

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        import torch

        gradient.addcmul_(weights, numbers["weight_decay"])
        gather_moments(state, gradient, numbers["beta1"], numbers["beta2"])
        largest = torch.maximum(state["largest"], state["square"], out=state["largest"])
        follow_moments(weights, state, largest, rate, numbers["epsilon"], scratch=gradient)
