"""The stacked form of a residual block: two layers, one at its beginning and one at its end.

The layers of the body stand between them in the chain like all others, so that
a block may hold whatever a chain may hold, other blocks included.
"""

import torch
from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["Fork", "Join"]


class Fork(Layer):
    """The beginning: hands its input on, keeps it for the end, and adds up the gradients of both ways.

    Arguments:
        shortcut: a layer without parameters whose derivative depends on the shape of its input only.
    """

    def __init__(self, shortcut: Layer) -> None:
        self._shortcut = shortcut
        # Of the pass that is under way; the end takes what the beginning left, and the other way round.
        self._input: Tensor | None = None
        self._upstream: Tensor | None = None

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        self._input = x
        return x

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        around, self._upstream = self._upstream, None
        assert around is not None
        return upstream + self._shortcut.input_gradient(parameters, x, around, around)

    def around(self, parameters: Parameters) -> Tensor:
        """Return what the shortcut makes of the input."""
        x, self._input = self._input, None
        assert x is not None
        return self._shortcut.forward(parameters, x)

    def leave(self, upstream: Tensor) -> None:
        """Keep the gradient at the block's end for its beginning."""
        self._upstream = upstream


class Join(Layer):
    """The end: adds the shortcut to what the body made.

    Arguments:
        fork: the beginning of the same block.
    """

    def __init__(self, fork: Fork) -> None:
        self._fork = fork

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return torch.add(x, self._fork.around(parameters))

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        self._fork.leave(upstream)
        return upstream
