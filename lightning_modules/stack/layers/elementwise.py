"""The stacked form of activation functions."""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import pad

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["Elementwise", "in_whole_registers"]

# Elements that torch takes at once at most, in all formats: a loop over 2 × 16 floats is the longest today.
_registers = 64


class Elementwise(Layer):
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
