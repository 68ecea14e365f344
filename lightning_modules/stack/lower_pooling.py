"""Recognise a module as a pooling whose derivative is written by hand."""

from typing import Any

from torch import nn

from lightning_modules.stack.layers.avg_pool2d import AvgPool2d
from lightning_modules.stack.layers.global_avg_pool2d import GlobalAvgPool2d
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.max_pool2d import MaxPool2d

__all__ = ["lower_pooling", "pair"]


def lower_pooling(module: nn.Module) -> Layer | None:
    """Return the batched layer of a pooling of images by windows that do not overlap, or None if it is not one.

    Arguments:
        module: of exactly a known type: a subclass may compute something else.
    """
    kind = type(module)
    if isinstance(module, nn.MaxPool2d) and kind is nn.MaxPool2d:
        plain = pair(module.dilation) == (1, 1) and not module.return_indices
        return MaxPool2d(pair(module.kernel_size)) if plain and _does_not_overlap(module) else None
    if isinstance(module, nn.AvgPool2d) and kind is nn.AvgPool2d:
        plain = module.divisor_override is None
        return AvgPool2d(pair(module.kernel_size)) if plain and _does_not_overlap(module) else None
    if isinstance(module, nn.AdaptiveAvgPool2d) and kind is nn.AdaptiveAvgPool2d:
        return GlobalAvgPool2d() if module.output_size in (1, (1, 1)) else None
    return None


def pair(value: Any) -> tuple[int, int]:
    """Return one number for both directions as two."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _does_not_overlap(pool: nn.MaxPool2d | nn.AvgPool2d) -> bool:
    same = pair(pool.kernel_size) == pair(pool.stride)
    return same and pair(pool.padding) == (0, 0) and not pool.ceil_mode
