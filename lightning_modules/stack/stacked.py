"""The interface of a stacked model: one module, many weight sets."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss

__all__ = ["Parameters", "Stacked", "stacked"]

Parameters = Mapping[str, Tensor]


class Stacked(ABC):
    """Runs one module for many weight sets."""

    @abstractmethod
    def forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        """Return the outputs (runs, batch, outputs).

        Arguments:
            parameters: each parameter by its name, (runs, *shape).
            inputs: (1, batch, *shape) that all runs share, or (runs, batch, *shape).
        """

    @abstractmethod
    def gradient(self, parameters: Parameters, gradients: Parameters, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return each run's mean loss over its batch, (runs,), and overwrite `gradients` with its gradient.

        Arguments:
            parameters: each parameter by its name, (runs, *shape).
            gradients: tensors of the same names and shapes.
            inputs: (runs, batch, *shape).
            targets: (runs, batch).
        """


def _check(module: nn.Module) -> None:
    for name, _ in module.named_buffers():
        raise InvalidInput(
            f"The model keeps the buffer {name!r}, which a stack of runs does not carry:"
            " use a model without running statistics, such as group or layer normalization."
        )
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            raise InvalidInput(f"The model's parameter {name!r} is frozen, but a stack trains all: leave it trainable.")
    for name, layer in module.named_modules():
        if isinstance(layer, nn.modules.dropout._DropoutNd) and layer.p > 0:
            raise InvalidInput(f"The model's layer {name!r} drops units at random, which a stack cannot: remove it.")


def stacked(module: nn.Module, loss: Loss, shape: tuple[int, ...]) -> Stacked:
    """Return the fastest stacked form of a module: a chain of batched layers where there is one, else `torch.func`.

    Arguments:
        module: an ordinary module; its own weights are not used.
        loss: the objective that `gradient` differentiates.
        shape: of one example.

    Raises:
        InvalidInput: if the module has what a stack does not carry: buffers, dropout, frozen parameters.
    """
    _check(module)
    from lightning_modules.stack.chain import Chain
    from lightning_modules.stack.functional import Functional
    from lightning_modules.stack.lower import lower

    layers = lower(module, shape)
    return Functional(module, loss) if layers is None else Chain(layers, loss)
