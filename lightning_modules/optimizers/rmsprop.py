"""RMSProp: gradients divided by the root of their mean square."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_fraction, require_non_negative, require_positive
from lightning_modules.optimizers.average import average
from lightning_modules.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["RMSProp"]


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """``v ← ρ v + (1 − ρ) g²``, ``b ← γ b + g / (√v + ε)``, ``w ← w − α b``.

    Centered, ``v − ḡ²`` takes the place of v, with ḡ the average of the gradients:
    an estimate of their variance. The constant ε stands outside the root, as in
    torch; lecture notes print ``√(v + ε)``, which differs where v is not far above
    ε. Lecture notes also offer it as if it were Adadelta, which it is not: see there.

    Arguments:
        learning_rate: α, before the schedule's multiplier.
        decay: ρ, of the averages.
        momentum: γ, 0 for none.
        centered: divide by the gradients' standard deviation instead.
        epsilon: ε, above 0, because a weight without a gradient has v = 0.
        weight_decay: λ, coupled: ``g ← g + λ w`` comes first.

    Raises:
        InvalidInput: for a learning rate or an epsilon not above 0, a decay or a momentum outside [0, 1),
            or a negative weight decay.

    References:
        | Neural networks for machine learning, lecture 6e (Tieleman & Hinton, 2012)
        | https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
        | Generating sequences with recurrent neural networks (Graves, 2013), centered
        | https://arxiv.org/abs/1308.0850
    """

    learning_rate: float
    decay: float = 0.99
    momentum: float = 0.0
    centered: bool = False
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_positive("RMSProp's learning_rate", self.learning_rate)
        require_fraction("RMSProp's decay", self.decay)
        require_fraction("RMSProp's momentum", self.momentum)
        require_positive("RMSProp's epsilon", self.epsilon)
        require_non_negative("RMSProp's weight_decay", self.weight_decay)

    def state(self, weights: "Tensor") -> "dict[str, Tensor]":
        names = ("square", "velocity", "mean") if self.centered else ("square", "velocity")
        return {name: weights.new_zeros(weights.shape) for name in names}

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        gradient.addcmul_(weights, numbers["weight_decay"])
        square, velocity = state["square"], state["velocity"]
        average(square, gradient.square(), numbers["decay"])
        if self.centered:
            mean = state["mean"]
            average(mean, gradient, numbers["decay"])
            # Rounding may take the variance of a steady gradient below 0, whose root would end the run.
            scale = square.addcmul(mean, mean, value=-1).clamp_(min=0).sqrt_()
        else:
            scale = square.sqrt()
        velocity.mul_(numbers["momentum"]).add_(gradient.div_(scale.add_(numbers["epsilon"])))
        weights.addcmul_(velocity, rate, value=-1)
