"""What a batched layer is."""

from abc import ABC, abstractmethod

from torch import Tensor

from lightning_modules.stack.stacked import Parameters

__all__ = ["Layer"]


class Layer(ABC):
    """One layer for all runs; activations are (runs, *shape, batch), contiguous, and never written to.

    The leading axis of an input is 1 where all runs share it. There are two
    exceptions: a `Linear` that comes first finds the batch last but not contiguous,
    and a ReLU whose input nothing reads any more (`lower`) overwrites it.
    Activations have the precision of the weights; layers that multiply matrices
    do so by `products`.
    """

    parameters: tuple[str, ...] = ()
    """Names of the parameters that the layer reads and trains."""

    masks: tuple[str, ...] = ()
    """Names under which the layer finds its dropout masks among the parameters, in the order of its computation."""

    @abstractmethod
    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        """Return the layer's output for its input in evaluation."""

    def training_forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        """Return the layer's output in training; where a mask is missing nothing is dropped."""
        return self.forward(parameters, x)

    def parameter_gradients(self, gradients: Parameters, x: Tensor, upstream: Tensor) -> None:  # noqa: B027
        """Overwrite the gradients of the layer's parameters, given its input and the gradient in its output."""

    @abstractmethod
    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        """Return the gradient in the input x, given the output y and the gradient in it, after `training_forward`."""
