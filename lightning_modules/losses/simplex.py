"""The nearest probabilities to any numbers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["nearest_probabilities"]


def nearest_probabilities(values: "Tensor") -> "Tensor":
    """Return the point of the probability simplex nearest to each vector, ``max(0, v − τ)``, both (…, classes).

    τ is such that the result sums to 1; the order of the classes is kept.

    References:
        | Efficient projections onto the l1-ball for learning in high dimensions (Duchi et al., 2008), figure 1
        | https://doi.org/10.1145/1390156.1390176
    """
    import torch

    ordered = values.sort(dim=-1, descending=True).values
    counts = torch.arange(1, values.shape[-1] + 1, dtype=values.dtype, device=values.device)
    shifts = (ordered.cumsum(dim=-1) - 1) / counts
    kept = (ordered > shifts).sum(dim=-1, keepdim=True).clamp(min=1)
    # Rounding may leave a lone class a little above 1.
    return (values - shifts.gather(-1, kept - 1)).clamp(0, 1)
