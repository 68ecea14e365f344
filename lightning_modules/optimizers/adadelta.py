"""Adadelta: steps in the units of the weights, from averages of gradients and of steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.average import average
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Adadelta"]


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """``v ← ρ v + (1 − ρ) g²``, ``δ = g √(u + ε) / √(v + ε)``, ``u ← ρ u + (1 − ρ) δ²``, ``w ← w − α δ``.

    Lecture notes name it in one breath with RMSProp, but the two are distinct:
    RMSProp divides by the average v alone and needs a rate in the units of the
    weights; Adadelta takes that unit from the average u of its own squared
    steps. Here ε belongs inside both roots (the paper, torch): without it u would
    stay 0 and nothing would ever move.

    Arguments:
        learning_rate: α, before the schedule's multiplier; 1 is the paper's method.
        decay: ρ, of both averages.
        epsilon: ε, above 0; sets the size of the first steps, about √ε.
        weight_decay: λ, coupled: ``g ← g + λ w`` comes first.

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a decay outside [0, 1),
            or a negative weight decay.

    References:
        | ADADELTA: an adaptive learning rate method (Zeiler, 2012)
        | https://arxiv.org/abs/1212.5701
    """

    learning_rate: float = 1.0
    decay: float = 0.9
    epsilon: float = 1e-6
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("Adadelta's learning_rate", self.learning_rate)
        require_fraction("Adadelta's decay", self.decay)
        require_positive("Adadelta's epsilon", self.epsilon)
        require_non_negative("Adadelta's weight_decay", self.weight_decay)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return {"square": weights.new_zeros(weights.shape), "steps": weights.new_zeros(weights.shape)}

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        gradient.addcmul_(weights, numbers["weight_decay"])
        square, steps, epsilon = state["square"], state["steps"], numbers["epsilon"]
        average(square, gradient.square(), numbers["decay"])
        step = gradient.mul_((steps + epsilon).sqrt_().div_((square + epsilon).sqrt_()))
        weights.addcmul_(step, rate, value=-1)
        average(steps, step.square_(), numbers["decay"])
