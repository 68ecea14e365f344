"""The interface of a stacked model: one module, many weight sets."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor, nn

from lightning_modules.backend import Backend
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss

if TYPE_CHECKING:
    from lightning_modules.stack.layers.layer import Layer

__all__ = ["Parameters", "Stacked", "stacked", "uncompiled"]

Parameters = Mapping[str, Tensor]


class Stacked(ABC):
    """Runs one module for many weight sets.

    What a module keeps but does not train (running statistics, frozen
    parameters) stands among its parameters by its name, with the runs first as
    well; see `carried`.
    """

    @abstractmethod
    def forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        """Return the outputs (runs, batch, outputs) in evaluation: nothing is dropped, running statistics are used.

        Arguments:
            parameters: each parameter and each buffer by its name, (runs, *shape).
            inputs: (1, batch, *shape) that all runs share, or (runs, batch, *shape).
        """

    @abstractmethod
    def training_forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        """Return the outputs (runs, batch, outputs) by the batch's own statistics, and update the running ones.

        Nothing is dropped. For what is said of the arguments see `forward`.
        """

    @abstractmethod
    def gradient(
        self,
        parameters: Parameters,
        gradients: Parameters,
        inputs: Tensor,
        targets: Tensor,
        masks: Sequence[Tensor] = (),
    ) -> Tensor:
        """Return each run's mean loss over its batch, (runs,), and overwrite `gradients` with its gradient.

        Running statistics among the parameters are updated.

        Arguments:
            parameters: each parameter and each buffer by its name, (runs, *shape).
            gradients: tensors of the names and shapes of what is trained.
            inputs: (runs, batch, *shape).
            targets: (runs, batch).
            masks: what each dropout multiplies by, (runs, *shape of the site), in the order of `dropout_sites`;
                without any nothing is dropped.
        """


def stacked(module: nn.Module, loss: Loss, shape: tuple[int, ...], backend: Backend = "auto") -> Stacked:
    """Return the stacked form of a module; the one place where a backend is chosen.

    Arguments:
        module: an ordinary module; its own weights are not used.
        loss: the objective that `gradient` differentiates.
        shape: of one example.
        backend: by default the fastest that knows the module and the loss.

    Raises:
        InvalidInput: if a module is asked to be compiled, or a chain, and cannot be.
    """
    from lightning_modules.losses.cross_entropy import CrossEntropy
    from lightning_modules.stack.compilable import is_compilable
    from lightning_modules.stack.layout import Layout
    from lightning_modules.stack.lower import lower

    layers = None if backend == "functional" else lower(module, shape)
    # Exactly this loss: a subclass may compute something else.
    if layers is not None and backend != "chain" and type(loss) is CrossEntropy:
        layout = Layout.of(module)
        if is_compilable(layers, layout):
            from lightning_modules.stack.compiled import Compiled

            return Compiled(layers, loss, layout)
    if backend == "compiled":
        raise InvalidInput(
            "The model with its loss is not compiled, as only networks of linear layers of at most 256 inputs and units"
            " with ReLUs between them are, under the cross-entropy: leave the backend on auto, or give chain or"
            " functional."
        )
    if backend == "chain" and layers is None:
        raise InvalidInput("The model is not a chain of known layers: leave the backend on auto, or give functional.")
    return _by_torch(layers, module, loss)


def uncompiled(module: nn.Module, loss: Loss, shape: tuple[int, ...]) -> Stacked:
    """Return the stacked form of a module by torch's operations alone.

    It needs about as much memory as the compiled form for one run, and more
    for several. For the arguments see `stacked`.
    """
    from lightning_modules.stack.lower import lower

    return _by_torch(lower(module, shape), module, loss)


def _by_torch(layers: "Sequence[Layer] | None", module: nn.Module, loss: Loss) -> Stacked:
    from lightning_modules.stack.chain import Chain
    from lightning_modules.stack.functional import Functional

    return Functional(module, loss) if layers is None else Chain(layers, loss)
