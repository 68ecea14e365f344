"""The stacked form of activation functions."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from lightning_modules.stack.layers.at_point import AtPoint, TwiceDifferentiable
from lightning_modules.stack.stacked import Parameters

__all__ = ["Elementwise", "in_whole_registers"]

# Elements that torch takes at once at most, in all formats: a loop over 2 × 16 floats is the longest today.
_registers = 64


class Elementwise(TwiceDifferentiable):
    """A function applied to every element, whose derivative is known from its input or, often cheaper, its output.

    Arguments:
        function: x → y.
        derivative: (upstream gradient, x, y) → gradient in x.
    """

    def __init__(
        self, function: Callable[[Tensor], Tensor], derivative: Callable[[Tensor, Tensor, Tensor], Tensor]
    ) -> None:
        self._function, self._derivative = function, derivative

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return self._function(x)

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return self._derivative(upstream, x, y)

    def at_point(self, parameters: Parameters, x: Tensor) -> tuple[AtPoint, Tensor]:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            # A function may overwrite what it reads, which a leaf does not allow.
            y = self._function(leaf.clone())
            (slope,) = torch.autograd.grad(y.sum(), leaf, create_graph=True)
        return _ElementwiseAtPoint(leaf, slope), y.detach()


def in_whole_registers(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return an elementwise function of contiguous tensors whose every bit is the same wherever an element lies.

    Torch computes what does not fill a vector register at the end of a tensor
    one by one, and some functions (sigmoid, ELU, GELU) round differently there.
    Which elements lie at the end depends on the size of the stack, so their
    number is padded. What is only added, multiplied or compared needs no such care.
    """

    def applied(*tensors: Tensor) -> Tensor:
        shape, count = tensors[0].shape, tensors[0].numel()
        missing = -count % _registers
        if not missing:
            return function(*tensors)
        padded = [pad(tensor.reshape(-1), (0, missing)) for tensor in tensors]
        return function(*padded)[:count].view(shape)

    return applied


class _ElementwiseAtPoint(AtPoint):
    """``f(x)`` with ``f′(x)`` and, where it is not zero everywhere, ``f″(x)`` times the gradient in the output."""

    def __init__(self, x: Tensor, slope: Tensor) -> None:
        self._x, self._recorded, self._slope = x, slope, slope.detach()
        self._curvature: Tensor | None = None

    def receive(self, upstream: Tensor) -> None:
        if self._recorded.requires_grad:
            (curvature,) = torch.autograd.grad(self._recorded, self._x, upstream, materialize_grads=True)
            self._curvature = curvature if curvature.count_nonzero() else None
        del self._recorded, self._x

    def pull(self, upstream: Tensor) -> Tensor:
        return self._slope * upstream

    def push(self, directions: Parameters, x: Tensor | None) -> Tensor:
        assert x is not None
        return x.mul_(self._slope) if self._curvature is None else x * self._slope

    def pull_along(self, directions: Parameters, x: Tensor, upstream: Tensor) -> Tensor:
        upstream.mul_(self._slope)
        return upstream if self._curvature is None else upstream.addcmul_(self._curvature, x)
