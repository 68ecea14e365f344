"""Gradient clipping by norm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.checks import require_positive
from lightning_modules.optimizers.optimizer import Optimizer
from lightning_modules.optimizers.wrapper import Wrapper, require_optimizer

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Clipped"]


@dataclass(frozen=True)
class Clipped(Wrapper):
    """``g ← g · min(1, c / (‖g‖ + 10⁻⁶))``, then the step of the optimizer within.

    The norm is over all parameters of one run, never across the runs of a stack.
    The direction stays; a gradient that has exploded makes a step like any other.
    The small constant is torch's. A weight decay of the optimizer within comes
    after, and is not clipped.

    Arguments:
        optimizer: what takes the step.
        norm: c, the largest Euclidean norm of a run's gradient.

    Raises:
        InvalidInput: for an optimizer that is none, or a norm not above 0.

    References:
        | On the difficulty of training recurrent neural networks (Pascanu et al., 2013)
        | https://arxiv.org/abs/1211.5063
    """

    optimizer: Optimizer
    norm: float

    def __post_init__(self) -> None:
        require_optimizer("Clipped's optimizer", self.optimizer)
        require_positive("Clipped's norm", self.norm)

    def step(
        self,
        weights: "Tensor",
        gradient: "Tensor",
        state: "Mapping[str, Tensor]",
        rate: "Tensor",
        numbers: "Mapping[str, Tensor]",
    ) -> None:
        import torch

        length = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        gradient.mul_((numbers["norm"] / (length + 1e-6)).clamp_(max=1))
        self.delegate(weights, gradient, state, rate, numbers)
