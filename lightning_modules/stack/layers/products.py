"""Batched matrix products in the precision that autocast asks for, between tensors that keep their own."""

import torch
from torch import Tensor

__all__ = ["affine", "is_lowering", "lowered", "product", "product_into"]

# Into rows of the gradient matrix torch multiplies one run after another. Up to so many weights that costs more than
# to multiply all runs at once into memory of their own and to copy.
_copied = 2**13


def lowered(x: Tensor) -> Tensor:
    """Return x as products take it: in autocast's precision while it is on, else as it is."""
    return x.to(torch.get_autocast_dtype(x.device.type)) if is_lowering(x) else x


def product(a: Tensor, b: Tensor) -> Tensor:
    """Return ``a @ b`` for batches of matrices, in the precision of a."""
    if a.shape[1] == 1:
        return product(_doubled(a), b)[:, :1].contiguous()
    # Even what changes nothing takes time, in small networks as much as their sums.
    return torch.bmm(lowered(a), lowered(b)).to(a.dtype) if is_lowering(a) else torch.bmm(a, b)


def product_into(out: Tensor, a: Tensor, b: Tensor) -> None:
    """Overwrite `out` with ``a @ b``."""
    if is_lowering(out) or out.shape[1] == 1:
        out.copy_(product(a, b))
    elif out.shape[1] * out.shape[2] > _copied or out.shape[2] == 1 or out.is_contiguous():
        # A single column is multiplied by another routine where there is one run, with another rounding.
        torch.bmm(a, b, out=out)
    else:
        out.copy_(torch.bmm(a, b))


def affine(weight: Tensor, x: Tensor, bias: Tensor | None) -> Tensor:
    """Return ``weight @ x + bias`` in the precision of the weight, the bias (runs, outputs) or none."""
    if bias is None:
        return product(weight, x)
    if weight.shape[1] == 1:
        return affine(_doubled(weight), x, bias)[:, :1].contiguous()
    if is_lowering(weight):
        return product(weight, x).add_(bias.unsqueeze(2))
    return torch.baddbmm(bias.unsqueeze(2), weight, x)


def _doubled(rows: Tensor) -> Tensor:
    """Return matrices of a single row with that row twice.

    On some processors MKL multiplies a single row of a single run by another
    routine than those of several runs, with another rounding.
    """
    return rows.expand(-1, 2, -1)


def is_lowering(x: Tensor) -> bool:
    """Return whether products of such a tensor are to be taken in another precision than its own."""
    # Autocast does not know tensors without memory.
    return not x.is_meta and torch.is_autocast_enabled(_device_type(x))


def _device_type(x: Tensor) -> str:
    # To ask for a device takes longer than to divide some thousand numbers, and every product of every step asks.
    return "cpu" if x.is_cpu else x.device.type
