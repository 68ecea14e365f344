"""The L1 penalty by its proximal step, which gives weights of exactly 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_non_negative
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.wrapper import Wrapper, require_optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["L1Proximal"]


@dataclass(frozen=True)
class L1Proximal(Wrapper):
    """The step of the optimizer within, then ``w ← sign(w) · max(|w| − α λ, 0)``.

    The soft threshold is the proximal step of the penalty ``λ ‖w‖₁`` beside the
    mean loss of a batch, on biases as well: weights that the loss does not hold
    become exactly 0. The rate α is the schedule's, for an adaptive optimizer too:
    its penalty is decoupled from the scale of the gradients, as in `AdamW`.

    Arguments:
        optimizer: what takes the step before.
        strength: λ.

    Raises:
        InvalidInput: for an optimizer that is none, or a negative strength.

    References:
        | Efficient online and batch learning using forward backward splitting (Duchi & Singer, 2009)
        | https://jmlr.org/papers/v10/duchi09a.html
    """

    optimizer: Optimizer
    strength: float

    def __post_init__(self) -> None:
        require_optimizer("L1Proximal's optimizer", self.optimizer)
        require_non_negative("L1Proximal's strength", self.strength)

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        import torch

        self.delegate(weights, gradient, state, rate, numbers)
        threshold = rate * numbers["strength"]
        # What lies within the threshold is taken from itself, and leaves an exact 0.
        weights.sub_(torch.minimum(weights, threshold, out=gradient).clamp_(min=-threshold))
