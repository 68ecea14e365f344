"""Recognise a module as a chain of batched layers."""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import nn

from lightning_modules.stack.layers.batch_norm import BatchNorm
from lightning_modules.stack.layers.conv2d import Conv2d
from lightning_modules.stack.layers.dropout import Dropout
from lightning_modules.stack.layers.elementwise import Elementwise
from lightning_modules.stack.layers.flatten import Flatten
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.linear import Linear
from lightning_modules.stack.layers.max_pool2d import MaxPool2d
from lightning_modules.stack.lower_activation import ReLU, lower_activation

__all__ = ["lower"]


def lower(module: nn.Module, shape: tuple[int, ...]) -> list[Layer] | None:
    """Return the batched layers that compute what a module computes, or None if it is not such a chain.

    Only nested ``nn.Sequential`` of layers known here are recognised, by their
    exact type: a subclass may compute something else.

    Arguments:
        module: the module.
        shape: of one example; a linear layer on images, say, is not part of a chain.
    """
    layers: list[Layer] = []
    rank = len(shape)
    for prefix, leaf in _leaves(module, prefix=""):
        layer = _layer(leaf, prefix, rank)
        if layer is None:
            return None
        layers.append(layer)
        rank = 1 if isinstance(layer, Flatten) else rank
    layers = _pool_before_relu(layers)
    read = [name for layer in layers for name in layer.parameters]
    # A parameter read in two places needs the sum of two gradients: a chain overwrites, so it is not for tied weights.
    trained = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    return layers if rank == 1 and read and set(read) == trained else None


def _leaves(module: nn.Module, prefix: str) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules of nested sequences in their order, each with the prefix of its parameters' names."""
    # A hook may compute anything: a module that has one counts as unknown.
    if type(module) is not nn.Sequential or module._forward_hooks or module._forward_pre_hooks:
        yield prefix, module
        return
    # Not named_children: it leaves out a child that stands in the sequence a second time.
    for name, child in module._modules.items():
        assert child is not None
        yield from _leaves(child, f"{prefix}{name}.")


def _layer(module: nn.Module, prefix: str, rank: int) -> Layer | None:
    if module._forward_hooks or module._forward_pre_hooks:
        return None
    kind = type(module)
    bias = f"{prefix}bias" if getattr(module, "bias", None) is not None else None
    if kind is nn.Linear and rank == 1:
        return Linear(f"{prefix}weight", bias)
    if isinstance(module, nn.Conv2d) and kind is nn.Conv2d and rank == 3 and _is_plain(module):
        return Conv2d(f"{prefix}weight", bias, _pair(module.kernel_size), _pair(module.stride), _pair(module.padding))
    if isinstance(module, nn.MaxPool2d) and kind is nn.MaxPool2d and rank == 3 and _does_not_overlap(module):
        return MaxPool2d(_pair(module.kernel_size))
    if isinstance(module, nn.Flatten) and kind is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1):
        return Flatten()
    if isinstance(module, nn.Dropout) and kind is nn.Dropout:
        return Dropout(f"{prefix}mask") if module.p > 0 else Elementwise(lambda x: x, lambda upstream, x, y: upstream)
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) and rank == (3 if kind is nn.BatchNorm2d else 1):
        return _batch_norm(module, prefix)
    return lower_activation(module, prefix)


def _batch_norm(norm: nn.BatchNorm1d | nn.BatchNorm2d, prefix: str) -> Layer | None:
    if type(norm) not in (nn.BatchNorm1d, nn.BatchNorm2d) or not norm.track_running_stats or norm.momentum is None:
        return None
    affine = (f"{prefix}weight", f"{prefix}bias") if norm.affine else ()
    return BatchNorm(prefix, affine, norm.eps, norm.momentum)


def _is_plain(conv: nn.Conv2d) -> bool:
    return (
        conv.groups == 1
        and tuple(conv.dilation) == (1, 1)
        and conv.padding_mode == "zeros"
        and not isinstance(conv.padding, str)
    )


def _does_not_overlap(pool: nn.MaxPool2d) -> bool:
    return (
        _pair(pool.kernel_size) == _pair(pool.stride)
        and _pair(pool.padding) == (0, 0)
        and _pair(pool.dilation) == (1, 1)
        and not pool.ceil_mode
        and not pool.return_indices
    )


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _pool_before_relu(layers: Sequence[Layer]) -> list[Layer]:
    """Let a maximum be taken before the ReLU in front of it: the same values and gradients, on smaller images.

    A window whose maximum is not positive has no gradient either way.
    """
    ordered = list(layers)
    for index in range(len(ordered) - 1):
        if isinstance(ordered[index], ReLU) and isinstance(ordered[index + 1], MaxPool2d):
            ordered[index], ordered[index + 1] = ordered[index + 1], ordered[index]
    return ordered
