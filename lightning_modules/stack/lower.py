"""Recognise a module as a chain of batched layers."""

from collections.abc import Sequence

from torch import nn

from lightning_modules.modules.padded_shortcut import PaddedShortcut
from lightning_modules.modules.residual import Residual
from lightning_modules.stack.layers.batch_norm import BatchNorm
from lightning_modules.stack.layers.conv2d import Conv2d
from lightning_modules.stack.layers.conv2d_by_rows import Conv2dByRows
from lightning_modules.stack.layers.dropout import Dropout
from lightning_modules.stack.layers.elementwise import Elementwise
from lightning_modules.stack.layers.flatten import Flatten
from lightning_modules.stack.layers.group_norm import GroupNorm
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.linear import Linear
from lightning_modules.stack.layers.max_pool2d import MaxPool2d
from lightning_modules.stack.layers.residual import Fork, Join
from lightning_modules.stack.layers.shared_log_variance import SharedLogVariance
from lightning_modules.stack.lower_activation import ReLU, lower_activation
from lightning_modules.stack.lower_own import lower_own
from lightning_modules.stack.lower_pooling import lower_pooling, pair
from lightning_modules.stack.shared_log_variance import SharedLogVariance as SharedLogVarianceModule

__all__ = ["lower"]

# Measured: from 8 channels on a forward pass by rows is 1.1 to 1.3 times as fast, with 1 or 4 up to 1.4 times slower.
_many_channels = 8


def lower(module: nn.Module, shape: tuple[int, ...]) -> list[Layer] | None:
    """Return the batched layers that compute what a module computes, or None if it is not such a chain.

    Only nested ``nn.Sequential`` and residual blocks of layers known here are
    recognised, by their exact type: a subclass may compute something else.

    Arguments:
        module: the module.
        shape: of one example; a linear layer on images, say, is not part of a chain.
    """
    layers = _layers(module, "", len(shape))
    if layers is None:
        return None
    layers = _relu_in_place(_pool_before_relu(layers))
    read = [name for layer in layers for name in layer.parameters]
    # A parameter read in two places needs the sum of two gradients: a chain overwrites, so it is not for tied weights.
    trained = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    return layers if _rank(layers, len(shape)) == 1 and read and set(read) == trained else None


def _layers(module: nn.Module, prefix: str, rank: int) -> list[Layer] | None:
    """Return the layers of a module whose examples have `rank` axes and whose parameters' names have a prefix."""
    # A hook may compute anything: a module that has one counts as unknown.
    if module._forward_hooks or module._forward_pre_hooks:
        return None
    if type(module) is nn.Sequential:
        layers: list[Layer] = []
        # Not named_children: it leaves out a child that stands in the sequence a second time.
        for name, child in module._modules.items():
            assert child is not None
            inner = _layers(child, f"{prefix}{name}.", _rank(layers, rank))
            if inner is None:
                return None
            layers += inner
        return layers
    if isinstance(module, Residual) and type(module) is Residual:
        return _residual(module, prefix, rank)
    layer = _layer(module, prefix, rank)
    return None if layer is None else [layer]


def _rank(layers: Sequence[Layer], rank: int) -> int:
    """Return the axes of one example behind layers, given those before them."""
    return 1 if any(isinstance(layer, Flatten) for layer in layers) else rank


def _residual(block: Residual, prefix: str, rank: int) -> list[Layer] | None:
    if type(block.shortcut) not in (nn.Identity, PaddedShortcut):
        return None
    shortcut = _layers(block.shortcut, f"{prefix}shortcut.", rank)
    body = _layers(block.body, f"{prefix}body.", rank)
    if shortcut is None or body is None:
        return None
    fork = Fork(shortcut[0])
    return [fork, *body, Join(fork)]


def _layer(module: nn.Module, prefix: str, rank: int) -> Layer | None:
    kind = type(module)
    bias = f"{prefix}bias" if getattr(module, "bias", None) is not None else None
    if kind is nn.Linear and rank == 1:
        return Linear(f"{prefix}weight", bias)
    if isinstance(module, nn.Conv2d) and kind is nn.Conv2d and rank == 3 and _is_plain(module):
        return _convolution(module, f"{prefix}weight", bias)
    if isinstance(module, nn.GroupNorm) and kind is nn.GroupNorm:
        return GroupNorm(f"{prefix}weight" if module.affine else None, bias, module.num_groups, module.eps)
    if isinstance(module, nn.Flatten) and kind is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1):
        return Flatten()
    if isinstance(module, nn.Dropout) and kind is nn.Dropout:
        return Dropout(f"{prefix}mask") if module.p > 0 else Elementwise(lambda x: x, lambda upstream, x, y: upstream)
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) and rank == (3 if kind is nn.BatchNorm2d else 1):
        return _batch_norm(module, prefix)
    if kind is SharedLogVarianceModule and rank == 1:
        return SharedLogVariance(f"{prefix}log_variance")
    pooling = lower_pooling(module) if rank == 3 else None
    return pooling or lower_own(module, rank) or lower_activation(module, prefix)


def _batch_norm(norm: nn.BatchNorm1d | nn.BatchNorm2d, prefix: str) -> Layer | None:
    if type(norm) not in (nn.BatchNorm1d, nn.BatchNorm2d) or not norm.track_running_stats or norm.momentum is None:
        return None
    affine = (f"{prefix}weight", f"{prefix}bias") if norm.affine else ()
    return BatchNorm(prefix, affine, norm.eps, norm.momentum)


def _convolution(conv: nn.Conv2d, weight: str, bias: str | None) -> Layer:
    kernel, stride, padding = pair(conv.kernel_size), pair(conv.stride), pair(conv.padding)
    # With fewer channels a row's product is too thin to be worth its own call.
    if stride == (1, 1) and kernel[0] > 1 and conv.in_channels >= _many_channels:
        return Conv2dByRows(weight, bias, kernel, padding)
    return Conv2d(weight, bias, kernel, stride, padding)


def _is_plain(conv: nn.Conv2d) -> bool:
    return (
        conv.groups == 1
        and tuple(conv.dilation) == (1, 1)
        and conv.padding_mode == "zeros"
        and not isinstance(conv.padding, str)
    )


def _pool_before_relu(layers: Sequence[Layer]) -> list[Layer]:
    """Let a maximum be taken before the ReLU in front of it: the same values and gradients, on smaller images.

    A window whose maximum is not positive has no gradient either way.
    """
    ordered = list(layers)
    for index in range(len(ordered) - 1):
        if isinstance(ordered[index], ReLU) and isinstance(ordered[index + 1], MaxPool2d):
            ordered[index], ordered[index + 1] = ordered[index + 1], ordered[index]
    return ordered


def _relu_in_place(layers: Sequence[Layer]) -> list[Layer]:
    """Let a ReLU overwrite what the layer in front of it made where neither that nor the one behind reads it again.

    The gradient in its output it overwrites too, so that the layer behind must have made it for this one alone.
    """
    between = {
        index
        for index in range(1, len(layers) - 1)
        if isinstance(layers[index], ReLU)
        and (
            (isinstance(layers[index - 1], Linear) and isinstance(layers[index + 1], Linear))
            or (isinstance(layers[index - 1], MaxPool2d) and isinstance(layers[index + 1], Conv2d | Flatten))
        )
    }
    return [ReLU.in_place() if index in between else layer for index, layer in enumerate(layers)]
