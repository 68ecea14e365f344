"""What the Adam family shares: averages of the gradient and of its square, and the step along their ratio."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lightning_modules.optimizers.average import average

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["follow_moments", "gather_moments", "no_moments"]


def no_moments(weights: "Tensor") -> "dict[str, Tensor]":
    """Return the moments before the first step: averages (runs, parameters) and what they weigh, (runs, 1)."""
    runs = len(weights)
    return {
        "mean": weights.new_zeros(weights.shape),
        "square": weights.new_zeros(weights.shape),
        "mean_weight": weights.new_zeros(runs, 1),
        "square_weight": weights.new_zeros(runs, 1),
    }


def gather_moments(
    state: "Mapping[str, Tensor]", gradient: "Tensor", mean_decay: "Tensor", square_decay: "Tensor"
) -> None:
    """Update ``m ← β₁ m + (1 − β₁) g`` and ``v ← β₂ v + (1 − β₂) g²`` in place; the gradient is overwritten.

    After k steps an average from zero has gathered the weight ``1 − βᵏ``. It
    is kept as the average of ones: a power of a number close to 1, taken from
    1, would lose half of its digits.

    Arguments:
        state: what `no_moments` returned, as the last step left it.
        gradient: g, (runs, parameters).
        mean_decay: β₁, (runs, 1).
        square_decay: β₂, (runs, 1).
    """
    average(state["mean"], gradient, mean_decay)
    average(state["square"], gradient.square_(), square_decay)
    state["mean_weight"].mul_(mean_decay).add_(1 - mean_decay)
    state["square_weight"].mul_(square_decay).add_(1 - square_decay)


def follow_moments(
    weights: "Tensor",
    state: "Mapping[str, Tensor]",
    square: "Tensor",
    rate: "Tensor",
    epsilon: "Tensor",
    scratch: "Tensor",
) -> None:
    """Update ``w ← w − α m̂ / (√v̂ + ε)`` in place, where a hat divides an average by the weight it has gathered.

    Arguments:
        weights: w, (runs, parameters).
        state: the moments.
        square: v, (runs, parameters): the state's own or what takes its place.
        rate: α, (runs, 1).
        epsilon: ε, (runs, 1).
        scratch: (runs, parameters), overwritten.
    """
    import torch

    torch.div(square, state["square_weight"], out=scratch).sqrt_().add_(epsilon)
    torch.div(state["mean"], scratch, out=scratch)
    weights.addcmul_(scratch, rate / state["mean_weight"], value=-1)
