"""The L1 penalty by its subgradient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_non_negative
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.wrapper import Wrapper, require_optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["L1Subgradient"]


@dataclass(frozen=True)
class L1Subgradient(Wrapper):
    """``g ← g + λ sign(w)`` with sign(0) = 0, then the step of the optimizer within.

    A subgradient of the penalty ``λ ‖w‖₁`` beside the mean loss of a batch, on
    biases as well. Weights are drawn to 0 and cross it back and forth without
    staying there; for weights of exactly 0 use `L1Proximal`.

    Arguments:
        optimizer: what takes the step.
        strength: λ.

    Raises:
        InvalidInput: for an optimizer that is none, or a negative strength.

    References:
        | Regression shrinkage and selection via the lasso (Tibshirani, 1996)
        | https://doi.org/10.1111/j.2517-6161.1996.tb02080.x
    """

    optimizer: Optimizer
    strength: float

    def __post_init__(self) -> None:
        require_optimizer("L1Subgradient's optimizer", self.optimizer)
        require_non_negative("L1Subgradient's strength", self.strength)

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        gradient.addcmul_(weights.sign(), numbers["strength"])
        self.delegate(weights, gradient, state, rate, numbers)
