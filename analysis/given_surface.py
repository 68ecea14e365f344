"""Any trained module's loss as surfaces in two precisions, and its weights as a point of them."""

import copy
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from analysis.given_loss import as_loss
from analysis.given_model import gathered, require_fitting_targets, require_plain_mean, require_usable
from analysis.surface import Surface, default_memory
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss

__all__ = ["GivenSurface", "Weights"]

Weights = nn.Module | Mapping[str, Tensor]


class GivenSurface:
    """The mean loss on fixed examples as a function of the weights of a module, and the weights that it has.

    The module is copied and evaluated in evaluation mode, with the running
    statistics that it has; all examples are held in memory.

    Arguments:
        model: a trained ``nn.Module`` that maps inputs (batch, …) to outputs (batch, outputs).
        loss: a criterion of ``torch.nn``, one of this package's losses, or a function of outputs and targets that
            returns one loss an example.
        data: a ``DataLoader``, or any iterable of batches (inputs, targets), passed through once.
        examples: which they are, in words, as slices tell it.
        memory: bytes that an evaluation may take, see `Surface`.

    Attributes:
        surface: in the examples' own precision.
        double: the same in double precision.
        weights: the point at which the module is, (parameters,).

    Raises:
        InvalidInput: without examples, for batches or a model that cannot be used, targets that the loss would
            broadcast, or a model whose outputs differ when it is asked twice.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss | nn.Module | Callable[[Tensor, Tensor], Tensor],
        data: Iterable[tuple[Tensor, Tensor]],
        *,
        examples: str = "training set",
        memory: int = default_memory,
    ) -> None:
        inputs, targets = gathered(data)
        module = copy.deepcopy(model).eval().to(inputs.device)
        require_usable(module, inputs)
        single = as_loss(loss, inputs.dtype)
        self.surface = Surface(module.to(inputs.dtype), single, inputs, targets, examples=examples, memory=memory)
        own = targets.double() if targets.is_floating_point() else targets
        self.double = Surface(
            copy.deepcopy(module).double(),
            as_loss(loss, torch.float64),
            inputs.double(),
            own,
            examples=examples,
            memory=memory,
        )
        self.weights = self.point(model)
        require_fitting_targets(self.double, self.weights.double())
        require_plain_mean(self.double, self.weights.double(), loss)

    def point(self, weights: Weights) -> Tensor:
        """Return a module's weights, or a ``state_dict``, as a point (parameters,).

        Raises:
            InvalidInput: if they are not those of this landscape's module.
        """
        found = dict(weights.named_parameters()) if isinstance(weights, nn.Module) else dict(weights)
        shapes = self.surface.layout.shapes
        if any(name not in found or tuple(found[name].shape) != shape for name, shape in shapes.items()):
            raise InvalidInput("The weights are not those of the landscape's model: give those of the same module.")
        return self.surface.layout.row(found).to(self.surface.dtype)

    def on(self, data: Iterable[tuple[Tensor, Tensor]], examples: str) -> Surface:
        """Return the surface of the same model and loss on other examples, for `Evaluation.also`.

        Running statistics that are estimated anew are those of this landscape's
        own examples.

        Arguments:
            data: as the landscape's own.
            examples: which they are, in words: ``test set``.

        Raises:
            InvalidInput: without examples, or for batches that cannot be used.
        """
        inputs, targets = gathered(data)
        own = self.surface
        require_usable(own.module, inputs.to(own.dtype))
        return Surface(
            own.module,
            own.loss,
            inputs.to(own.dtype),
            targets,
            examples=examples,
            estimated_on=own.estimated_on,
            memory=own.memory,
        )
