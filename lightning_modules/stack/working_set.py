"""How much memory one run of a stack touches in a step."""

import math

import torch
from torch import Tensor, nn

from lightning_modules.stack.live_bytes import LiveBytes

__all__ = ["working_set"]


def working_set(module: nn.Module, shape: tuple[int, ...], batch: int, state: int | None = None) -> int:
    """Estimate the bytes that one run touches in a training step, float32.

    Weights, gradients and the optimizer's state, what the module keeps beside
    them, and for each operation of the model its output and the gradient in
    it, for convolutions the unfolded images as well.

    Arguments:
        module: the model; it is run once, on zeros, wherever its parameters are.
        shape: of one example.
        batch: examples in a step.
        state: numbers that the optimizer keeps; one a weight unless given, as momentum has.
    """
    weights = sum(parameter.numel() for parameter in module.parameters())
    values: int = (
        2 * weights + (weights if state is None else state) + sum(buffer.numel() for buffer in module.buffers())
    )

    def count_columns(layer: nn.Conv2d, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal values
        columns = layer.in_channels * math.prod(layer.kernel_size)
        values += columns * output.numel() // layer.out_channels

    convolutions = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    handles = [layer.register_forward_hook(count_columns) for layer in convolutions]
    reference = next(module.parameters())
    inputs = torch.zeros(batch, *shape, dtype=reference.dtype, device=reference.device)
    try:
        with torch.no_grad(), LiveBytes() as live:
            module(inputs)
    finally:
        for handle in handles:
            handle.remove()
    outputs: int = live.made // reference.element_size()
    return 4 * (values + 2 * outputs)
