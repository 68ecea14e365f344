"""The stacked form of activation functions."""

from collections.abc import Callable

from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["Elementwise"]


class Elementwise(Layer):
    """A function applied to every element, whose derivative is known from its output.

    Arguments:
        function: x → y.
        derivative: (upstream gradient, y) → gradient in x.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], derivative: Callable[[Tensor, Tensor], Tensor]) -> None:
        self._function, self._derivative = function, derivative

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return self._function(x)

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        return self._derivative(upstream, y)
