"""How much memory one run of a stack touches in a step."""

import math

import torch
from torch import Tensor, nn

__all__ = ["working_set"]


def working_set(module: nn.Module, shape: tuple[int, ...], batch: int) -> int:
    """Estimate the bytes that one run touches in a training step, float32.

    Weights, gradients and velocities, and for each layer its output and the
    gradient in it, for convolutions the unfolded images as well.

    Arguments:
        module: the model; it is run once, on zeros.
        shape: of one example.
        batch: examples in a step.
    """
    values = 3 * sum(parameter.numel() for parameter in module.parameters())

    def count(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal values
        values += 2 * output.numel()
        if isinstance(layer, nn.Conv2d):
            columns = layer.in_channels * math.prod(layer.kernel_size)
            values += columns * output.numel() // layer.out_channels

    leaves = [layer for layer in module.modules() if not list(layer.children())]
    handles = [layer.register_forward_hook(count) for layer in leaves]
    with torch.no_grad():
        # Lightning trains in double precision by changing what zeros are unless told.
        module(torch.zeros(batch, *shape, dtype=next(module.parameters()).dtype))
    for handle in handles:
        handle.remove()
    return 4 * values
