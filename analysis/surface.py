"""The loss surface: the training loss of a network as a function of its weights, at many points at once."""

import copy
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss
from lightning_modules.recipe import Recipe, Seeds
from lightning_modules.stack.carried import carried
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.reestimated import reestimated
from lightning_modules.stack.stacked import Parameters, Stacked, stacked
from lightning_modules.stack.working_set import working_set
from lightning_modules.training.build import build
from lightning_modules.training.stack_data import StackData, load

__all__ = ["Statistics", "Surface", "SurfaceValues", "training_surface"]

Statistics = Literal["frozen", "re-estimated"]

# Examples that a point is evaluated on at once: enough to keep the processor busy, few enough to stay in its cache.
_block = 256
# Bytes that the points evaluated at once may touch.
_memory = 64 * 2**20


@dataclass(frozen=True)
class SurfaceValues:
    """What a surface is at some points; not finite where the network's outputs are not.

    Arguments:
        losses: mean over all examples, (points,).
        accuracies: fractions, (points,); NaN where the loss is; None for regression.
    """

    losses: npt.NDArray[np.float64]
    accuracies: npt.NDArray[np.float64] | None


class Surface:
    """The mean loss, and for classes the accuracy, of a module on fixed examples, for any weights.

    The module is evaluated in evaluation mode, all examples at every point, and
    sums are kept in double precision. Frozen parameters are the same at every
    point, and so are running statistics unless they are to be estimated anew.

    Arguments:
        module: an ordinary module; of its own values only the buffers and what is frozen are used.
        loss: per example.
        inputs: (examples, *shape); their precision is that of the evaluation.
        targets: (examples,) classes, or (examples, outputs) real numbers.

    Attributes:
        module: in evaluation mode.
        layout: of a point.
        loss: per example.
        inputs: of all examples.
        targets: of all examples.
    """

    def __init__(self, module: nn.Module, loss: Loss, inputs: Tensor, targets: Tensor) -> None:
        self.module = module.eval()
        self.layout = Layout.of(module)
        self.loss, self.inputs, self.targets = loss, inputs, targets
        self._carried = carried([module], inputs.dtype)
        self._normalized = any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in module.modules())
        self._own = threading.local()
        self._model()
        touched = working_set(self.module, tuple(inputs.shape[1:]), min(_block, len(inputs)))
        self._points = max(1, _memory // touched)

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the evaluation."""
        return self.inputs.dtype

    def row(self, weights: Mapping[str, npt.NDArray[Any]]) -> Tensor:
        """Return the row (parameters,) that holds the weights of a snapshot.

        Raises:
            InvalidInput: if they are not those of this module.
        """
        found = {name: tuple(value.shape) for name, value in weights.items() if name not in self._carried}
        if found != dict(self.layout.shapes):
            raise InvalidInput("The snapshot's weights are not those of the recipe's model: take both from one recipe.")
        return self.layout.row({name: torch.from_numpy(value) for name, value in weights.items()}).to(self.dtype)

    def outputs(self, point: Tensor) -> Tensor:
        """Return the outputs at one point (parameters,) for all examples, (examples, outputs); differentiable."""
        parameters = {name: value[0] for name, value in self.layout.views(point[None]).items()}
        shared = {name: value[0] for name, value in self._carried.items()}
        # The fused kernels of attention have no second derivatives.
        with sdpa_kernel(SDPBackend.MATH):
            found: Tensor = functional_call(self.module, {**parameters, **shared}, (self.inputs,))
        return found

    def mean_loss(self, point: Tensor) -> Tensor:
        """Return the mean loss at one point (parameters,), a scalar; differentiable as often as the module is."""
        return self.loss.values(self.outputs(point), self.targets).mean()

    @torch.no_grad()
    def at(
        self, origin: Tensor, basis: Tensor, coordinates: Tensor, statistics: Statistics = "frozen"
    ) -> SurfaceValues:
        """Evaluate at the points ``origin + coordinates @ basis``.

        The points are made and evaluated in chunks, so that the memory needed
        does not grow with their number, and every thread that torch may use
        takes chunks of its own: sharing out the work within one operation of a
        small network costs more than the operation.

        Arguments:
            origin: (parameters,).
            basis: directions, (dimensions, parameters).
            coordinates: (points, dimensions).
            statistics: ``frozen`` leaves the module's running statistics to every point, ``re-estimated`` gives each
                point those of its own weights on all examples (`reestimated`).

        Raises:
            InvalidInput: for other statistics.
        """
        if statistics not in get_args(Statistics):
            raise InvalidInput(f"The statistics are {statistics!r}: give 'frozen' or 're-estimated'.")
        origin, basis, coordinates = (each.to(self.dtype) for each in (origin, basis, coordinates))
        # The number of threads is a setting of each thread: it is this one's that counts, and stays.
        with ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,)) as threads:
            evaluate = partial(self._evaluate, statistics, origin, basis)
            chunks = list(threads.map(evaluate, coordinates.split(self._points)))
        losses, accuracies = (torch.cat(parts) for parts in zip(*chunks, strict=True))
        if self.loss.task == "regression":
            return SurfaceValues(losses.numpy(), None)
        return SurfaceValues(losses.numpy(), torch.where(losses.isnan(), torch.nan, accuracies).numpy())

    @torch.no_grad()
    def _evaluate(
        self, statistics: Statistics, origin: Tensor, basis: Tensor, coordinates: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the mean loss and the accuracy (regression: 0) at coordinates (points, dimensions), each (points,)."""
        weights = torch.addmm(origin, coordinates, basis)
        model = self._model()
        shared = {name: value.expand(len(weights), *value.shape[1:]) for name, value in self._carried.items()}
        parameters: Parameters = {**self.layout.views(weights), **shared}
        if statistics == "re-estimated" and self._normalized:
            # Copies, because a pass in training writes to them; blocks of one size, because each counts alike.
            own = {name: value.clone() for name, value in shared.items()}
            blocks = self.inputs.tensor_split(-(-len(self.inputs) // _block))
            batches = [block[None] for block in blocks]
            parameters = reestimated(self.module, model, {**parameters, **own}, batches)
        losses = torch.zeros(len(weights), dtype=torch.float64)
        right = torch.zeros(len(weights), dtype=torch.float64)
        for inputs, targets in zip(self.inputs.split(_block), self.targets.split(_block), strict=True):
            outputs = model.forward(parameters, inputs[None])
            targets = targets.expand(len(weights), *targets.shape)
            losses += self.loss.values(outputs, targets).sum(dim=1, dtype=torch.float64)
            if self.loss.task == "classification":
                right += (self.loss.decide(outputs) == targets).sum(dim=1)
        return losses / len(self.targets), right / len(self.targets)

    def _model(self) -> Stacked:
        """Return this thread's own stacked module: it has scratch memory, and torch.func writes to the module."""
        if not hasattr(self._own, "model"):
            self._own.model = stacked(copy.deepcopy(self.module), self.loss, tuple(self.inputs.shape[1:]))
        model: Stacked = self._own.model
        return model


def training_surface(
    recipe: Recipe, seeds: Seeds, weights: Mapping[str, npt.NDArray[Any]], dtype: torch.dtype = torch.float32
) -> Surface:
    """Return the surface that a run descended: its recipe's model and loss on the whole training set of its split.

    Arguments:
        recipe: of the run.
        seeds: of the run.
        weights: of a snapshot, whose running statistics and frozen parameters hold at every point.
        dtype: precision of the evaluation.
    """
    data = StackData.of(recipe.data, recipe.preprocessing, [seeds], dtype)
    inputs, targets = data.take(data.rows["train"])
    module = build(recipe.model, recipe.loss, data.shape, load(recipe.data))
    kept = dict(module.named_parameters()) | dict(module.named_buffers())
    with torch.no_grad():
        for name in kept.keys() & weights.keys():
            kept[name].copy_(torch.from_numpy(weights[name]))
    return Surface(module, recipe.loss, inputs[0], targets[0])
