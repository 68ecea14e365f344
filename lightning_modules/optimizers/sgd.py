"""Stochastic gradient descent with momentum and coupled weight decay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SGD"]


@dataclass(frozen=True)
class SGD(Optimizer):
    """``g ← g + λ w``, ``v ← γ v + g``, ``w ← w − α v``; with Nesterov ``w ← w − α (g + γ v)``.

    This is torch's convention: the rate stands outside the velocity
    (`AveragedMomentum` tells of the others), and the decay λ w is the gradient of
    ``½ λ ‖w‖²`` beside the mean loss of a batch, on biases as well. A penalty
    written ``λ' ‖w‖²`` is λ = 2 λ'; one beside the sum over N examples is λ = λ' / N.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        momentum: γ, 0 for plain gradient descent.
        nesterov: look ahead along the velocity.
        weight_decay: λ, coupled (part of the gradient).

    Raises:
        InvalidInput: for a learning rate not above 0, a momentum outside [0, 1), a negative weight decay,
            or Nesterov without momentum.

    References:
        | On the importance of initialization and momentum in deep learning (Sutskever et al., 2013)
        | https://proceedings.mlr.press/v28/sutskever13.html
    """

    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("SGD's learning_rate", self.learning_rate)
        require_fraction("SGD's momentum", self.momentum)
        require_non_negative("SGD's weight_decay", self.weight_decay)
        if self.nesterov and self.momentum == 0:
            raise InvalidInput("SGD's nesterov is on with momentum 0: give a momentum above 0 or leave nesterov off.")

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        return {"velocity": weights.new_zeros(weights.shape)}

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
        velocity = state["velocity"]
        torch.addcmul(gradient, velocity, numbers["momentum"], out=velocity)
        direction = gradient.addcmul_(velocity, numbers["momentum"]) if self.nesterov else velocity
        weights.addcmul_(direction, rate, value=-1)
