"""Stochastic gradient descent along an average of the gradients."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.average import average
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["AveragedMomentum"]


@dataclass(frozen=True)
class AveragedMomentum(Optimizer):
    """``g ← g + λ w``, ``m ← γ m + (1 − γ) g``, ``w ← w − α m``: momentum as an exponential moving average.

    After k steps ``m = (1 − γ) Σᵢ γᵏ⁻¹⁻ⁱ gᵢ`` over i = 0 … k − 1; lecture notes
    print this sum with its indices off by one. The average starts at zero and is
    not corrected for it, so that the first steps are short. It is `SGD` with
    ``α_SGD = (1 − γ) α``: an average needs a rate ``1 / (1 − γ)`` times as large
    as a velocity for the same steps. A third convention puts the rate into the
    velocity, ``v ← γ v + α g``; it is another method where a schedule changes α.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        momentum: γ, 0 for plain gradient descent.
        weight_decay: λ, coupled (part of the gradient).

    Raises:
        InvalidInput: for a learning rate not above 0, a momentum outside [0, 1), or a negative weight decay.

    References:
        | Some methods of speeding up the convergence of iteration methods (Polyak, 1964)
        | https://doi.org/10.1016/0041-5553(64)90137-5
    """

    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("Averaged momentum's learning_rate", self.learning_rate)
        require_fraction("Averaged momentum's momentum", self.momentum)
        require_non_negative("Averaged momentum's weight_decay", self.weight_decay)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return {"mean": weights.new_zeros(weights.shape)}

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        gradient.addcmul_(weights, numbers["weight_decay"])
        average(state["mean"], gradient, numbers["momentum"])
        weights.addcmul_(state["mean"], rate, value=-1)
