"""Random directions in weight space whose slices can be compared between networks."""

import torch
from torch import Tensor, nn
from torch.linalg import vector_norm

from lightning_modules.randomness import stream
from lightning_modules.stack.layout import Layout

__all__ = ["filter_normalized"]


def filter_normalized(module: nn.Module, center: Tensor, seed: int, count: int) -> Tensor:
    """Draw Gaussian directions with the norms of the weights they perturb, (count, parameters).

    The part of a direction that belongs to the weights w of one output unit (a
    row of a linear layer, a filter of a convolution) is scaled to the norm
    ‖w‖: ``d ← d ‖w‖ / ‖d‖``. Biases and other vectors are left as they are
    (direction zero). A network that computes the same function with weights of
    another scale, as ReLU allows, then has the same slice.

    Arguments:
        module: says which axis of a weight counts the output units.
        center: the weights around which to slice, (parameters,).
        seed: of the directions; direction k of a seed does not depend on `count`.
        count: how many.

    References:
        | Visualizing the loss landscape of neural nets (Li et al., 2018)
        | https://arxiv.org/abs/1712.09913
    """
    layout = Layout.of(module)
    directions = torch.stack([_gaussian(layout.size, stream("direction", seed, index)) for index in range(count)])
    pieces, weights = layout.views(directions), layout.views(center[None].double())
    transposed = _transposed(module)
    for name, piece in pieces.items():
        if piece.dim() <= 2:
            piece.zero_()
            continue
        unit = 2 if name in transposed else 1
        other = [axis for axis in range(1, piece.dim()) if axis != unit]
        piece *= vector_norm(weights[name], dim=other, keepdim=True) / vector_norm(piece, dim=other, keepdim=True)
    return directions.to(center.dtype)


def _gaussian(size: int, seed: int) -> Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _transposed(module: nn.Module) -> set[str]:
    """Return the names of weights whose second axis counts the output units."""
    kinds = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    layers = [(name, layer) for name, layer in module.named_modules() if isinstance(layer, kinds)]
    return {f"{name}.weight" if name else "weight" for name, _ in layers}
