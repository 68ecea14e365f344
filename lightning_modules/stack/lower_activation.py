"""Recognise a module as an activation function whose derivative is written by hand."""

from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from lightning_modules.modules.heaviside import Heaviside
from lightning_modules.stack.layers.elementwise import Elementwise, in_whole_registers
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.prelu import PReLU

__all__ = ["ReLU", "lower_activation"]

aten: Any = torch.ops.aten


class ReLU(Elementwise):
    """``max(0, x)``, a class of its own because a maximum may be taken before it."""

    @staticmethod
    def plain() -> "ReLU":
        """Return the function that keeps its input."""
        return ReLU(torch.relu, lambda upstream, x, y: aten.threshold_backward(upstream, y, 0))

    @staticmethod
    def in_place() -> "ReLU":
        """Return the same function, which overwrites its input and the gradient in its output."""
        backward = aten.threshold_backward.grad_input
        return ReLU(torch.relu_, lambda upstream, x, y: backward(upstream, y, 0, grad_input=upstream))


def lower_activation(module: nn.Module, prefix: str) -> Layer | None:
    """Return the batched layer of an activation function, or None if it is not known.

    Arguments:
        module: of exactly a known type: a subclass may compute something else.
        prefix: of its parameters' names.
    """
    kind = type(module)
    if kind is nn.ReLU:
        return ReLU.plain()
    if kind is nn.Identity:
        return Elementwise(lambda x: x, lambda upstream, x, y: upstream)
    if isinstance(module, Heaviside) and kind is Heaviside:
        return Elementwise(module.forward, lambda upstream, x, y: torch.zeros_like(upstream))
    if kind is nn.Tanh:
        return Elementwise(torch.tanh, lambda upstream, x, y: aten.tanh_backward(upstream, y))
    if kind is nn.Sigmoid:
        sigmoid = in_whole_registers(torch.sigmoid)
        return Elementwise(sigmoid, lambda upstream, x, y: aten.sigmoid_backward(upstream, y))
    # With a slope above 0 the output has the sign of the input, so it tells the derivative.
    if isinstance(module, nn.LeakyReLU) and kind is nn.LeakyReLU and (slope := module.negative_slope) > 0:
        leaky = partial(functional.leaky_relu, negative_slope=slope)
        return Elementwise(leaky, lambda upstream, x, y: aten.leaky_relu_backward(upstream, y, slope, True))
    if isinstance(module, nn.ELU) and kind is nn.ELU and (alpha := module.alpha) > 0:
        elu = in_whole_registers(partial(functional.elu, alpha=alpha))
        return Elementwise(elu, lambda upstream, x, y: aten.elu_backward(upstream, alpha, 1, 1, True, y))
    if isinstance(module, nn.GELU) and kind is nn.GELU and module.approximate == "none":
        backward = in_whole_registers(aten.gelu_backward)
        return Elementwise(in_whole_registers(functional.gelu), lambda upstream, x, y: backward(upstream, x))
    if isinstance(module, nn.PReLU) and kind is nn.PReLU and module.num_parameters == 1:
        return PReLU(f"{prefix}weight")
    return None
