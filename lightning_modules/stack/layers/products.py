"""Batched matrix products in the precision that autocast asks for, between tensors that keep their own."""

import torch
from torch import Tensor

__all__ = ["affine", "lowered", "product", "product_into"]


def lowered(x: Tensor) -> Tensor:
    """Return x as products take it: in autocast's precision while it is on, else as it is."""
    kind = x.device.type
    return x.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else x


def product(a: Tensor, b: Tensor) -> Tensor:
    """Return ``a @ b`` for batches of matrices, in the precision of a."""
    return torch.bmm(lowered(a), lowered(b)).to(a.dtype)


def product_into(out: Tensor, a: Tensor, b: Tensor) -> None:
    """Overwrite `out` with ``a @ b``."""
    if torch.is_autocast_enabled(out.device.type):
        out.copy_(torch.bmm(lowered(a), lowered(b)))
    else:
        torch.bmm(a, b, out=out)


def affine(weight: Tensor, x: Tensor, bias: Tensor | None) -> Tensor:
    """Return ``weight @ x + bias`` in the precision of the weight, the bias (runs, outputs) or none."""
    if bias is None:
        return product(weight, x)
    if torch.is_autocast_enabled(weight.device.type):
        return product(weight, x).add_(bias.unsqueeze(2))
    return torch.baddbmm(bias.unsqueeze(2), weight, x)
