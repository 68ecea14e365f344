"""The limited memory of L-BFGS: the last steps, and how the gradient changed over each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["no_memory", "quasi_newton_direction", "remember"]

# Below it a change of the gradient along a step tells nothing about curvature, or that it is negative.
_least_curvature = 1e-10


def no_memory(weights: "Tensor", size: int) -> "dict[str, Tensor]":
    """Return a memory of `size` steps with nothing in it, for weights (runs, parameters).

    Each run's memory is a ring: `remembered` counts what was ever put there,
    and the newest lies at ``(remembered − 1) mod size``.
    """
    import torch

    runs, parameters = weights.shape
    return {
        "steps": weights.new_zeros(runs, size, parameters),
        "changes": weights.new_zeros(runs, size, parameters),
        "inverse_curvature": weights.new_zeros(runs, size),
        "scale": weights.new_ones(runs, 1),
        "remembered": torch.zeros(runs, dtype=torch.int64, device=weights.device),
    }


def remember(memory: "Mapping[str, Tensor]", runs: "Tensor", step: "Tensor", change: "Tensor") -> None:
    """Put steps s and the gradient's changes y over them, (rows, parameters), into the memory of these runs, in place.

    Pairs with ``s · y ≤ 10⁻¹⁰`` are left out: they would make the inverse
    Hessian indefinite. The newest pair sets the scale, ``s · y / y · y``.
    """
    import torch

    curvature = torch.linalg.vecdot(step, change)
    told = curvature > _least_curvature
    runs, step, change, curvature = runs[told], step[told], change[told], curvature[told]
    slot = memory["remembered"][runs] % memory["steps"].shape[1]
    memory["steps"][runs, slot] = step
    memory["changes"][runs, slot] = change
    memory["inverse_curvature"][runs, slot] = 1 / curvature
    memory["scale"][runs] = (curvature / torch.linalg.vecdot(change, change))[:, None]
    memory["remembered"][runs] += 1


def quasi_newton_direction(memory: "Mapping[str, Tensor]", runs: "Tensor", gradient: "Tensor") -> "Tensor":
    """Return ``−H g`` for gradients (rows, parameters) of these runs by the two-loop recursion.

    H is the inverse Hessian that BFGS makes of the scaled identity: each
    remembered pair changes it by ``H ← (1 − ρ s yᵀ) H (1 − ρ y sᵀ) + ρ s sᵀ`` with
    ``ρ = 1 / s · y``, an update of rank 2 (lecture notes have it as rank 1).

    References:
        | Updating quasi-Newton matrices with limited storage (Nocedal, 1980)
        | https://doi.org/10.1090/S0025-5718-1980-0572855-7
    """
    import torch

    size = memory["steps"].shape[1]
    remembered = memory["remembered"][runs]
    longest = min(int(remembered.max()), size)
    slots = [(remembered - age) % size for age in range(1, longest + 1)]
    # A run that remembers less than another meets empty slots, all of them zero.
    kept = [memory["inverse_curvature"][runs, slot] for slot in slots]
    direction, shares = -gradient, []
    for slot, inverse in zip(slots, kept, strict=True):
        share = (torch.linalg.vecdot(memory["steps"][runs, slot], direction) * inverse)[:, None]
        share = torch.where(inverse[:, None] > 0, share, 0)  # also of a direction that has overflowed
        direction.addcmul_(memory["changes"][runs, slot], share, value=-1)
        shares.append(share)
    direction *= memory["scale"][runs]
    for slot, inverse, share in reversed(list(zip(slots, kept, shares, strict=True))):
        back = (torch.linalg.vecdot(memory["changes"][runs, slot], direction) * inverse)[:, None]
        back = torch.where(inverse[:, None] > 0, share - back, 0)
        direction.addcmul_(memory["steps"][runs, slot], back)
    return direction
