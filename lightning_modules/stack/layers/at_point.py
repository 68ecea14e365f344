"""A layer at one point of the weights, where its forward and its backward pass can be differentiated."""

from abc import ABC, abstractmethod

from torch import Tensor

from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["AtPoint", "Passing", "TwiceDifferentiable"]


class AtPoint(ABC):
    """What a layer keeps of both passes, to give their derivatives along directions of the weights.

    After `receive` nothing changes any more: directions may come from several
    threads. Shapes are those of the layer's `forward`, with a direction for each
    run, or any number of directions of a single run.

    References:
        | Fast exact multiplication by the Hessian (Pearlmutter, 1994)
        | https://doi.org/10.1162/neco.1994.6.1.147
    """

    @abstractmethod
    def receive(self, upstream: Tensor) -> None:
        """Take the gradient in the output, before any other method is called."""

    @abstractmethod
    def pull(self, upstream: Tensor) -> Tensor:
        """Return the gradient in the input, given what `receive` has taken."""

    @abstractmethod
    def push(self, directions: Parameters, x: Tensor | None) -> Tensor:
        """Return the derivative of the output.

        Arguments:
            directions: of the parameters by name, (directions, *shape).
            x: derivative of the input, which may be overwritten; None for zero, at the first layer with parameters.
        """

    @abstractmethod
    def pull_along(self, directions: Parameters, x: Tensor, upstream: Tensor) -> Tensor:
        """Return the derivative of the gradient in the input.

        Arguments:
            directions: as for `push`.
            x: as `push` left it; it may be overwritten.
            upstream: derivative of the gradient in the output, which may be overwritten.
        """

    def products(self, found: Parameters, x: Tensor | None, upstream: Tensor) -> None:  # noqa: B027
        """Overwrite the derivatives of the gradients of the layer's parameters; for the arguments see `pull_along`."""


class Passing(AtPoint):
    """A layer that passes numbers on, in another shape if any.

    Arguments:
        x: the input.
        output: the same numbers.
    """

    def __init__(self, x: Tensor, output: Tensor) -> None:
        self._before, self._behind = x.shape[1:], output.shape[1:]

    def receive(self, upstream: Tensor) -> None:
        pass

    def pull(self, upstream: Tensor) -> Tensor:
        return upstream.reshape(-1, *self._before)

    def push(self, directions: Parameters, x: Tensor | None) -> Tensor:
        assert x is not None
        return x.reshape(-1, *self._behind)

    def pull_along(self, directions: Parameters, x: Tensor, upstream: Tensor) -> Tensor:
        return upstream.reshape(-1, *self._before)


class TwiceDifferentiable(Layer):
    """A layer whose backward pass can be differentiated without a record of the network's."""

    @abstractmethod
    def at_point(self, parameters: Parameters, x: Tensor) -> tuple[AtPoint, Tensor]:
        """Return the layer for its input in evaluation, and its output."""
