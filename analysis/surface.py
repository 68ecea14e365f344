"""The loss surface: the mean loss of a network as a function of its weights, at many points at once."""

from collections.abc import Mapping
from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from analysis.digest import digest, tensor_bytes
from analysis.many_points import ManyPoints, Span
from analysis.memory import at_once
from analysis.recorded_again import recorded_again
from analysis.statistics import Statistics, is_normalized
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss
from lightning_modules.stack.carried import carried
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower import lower
from lightning_modules.stack.second_order import SecondOrder

__all__ = ["Statistics", "Surface", "SurfaceValues", "default_memory"]

default_memory = 4 * 2**30
"""Bytes."""


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
        examples: which they are, in words, as slices tell it.
        estimated_on: inputs on which running statistics are estimated anew, (examples, *shape); these inputs unless
            given. The statistics of a test set are those of the training set.
        memory: bytes that evaluation and the record of `mean_loss` may take beside the module and the examples, all
            threads together; one point and one example are the least.

    Attributes:
        module: in evaluation mode.
        layout: of a point.
        loss: per example.
        inputs: of all examples.
        targets: of all examples.
        examples: which they are, in words.
        estimated_on: inputs on which running statistics are estimated anew.
        memory: bytes that evaluation may take.
        normalized: whether the module has batch normalizations, without which all `Statistics` are the same.
        blocks: of examples, whose losses are recorded one at a time; one block if all fit into the memory.
        decay: λ of ``½ λ ‖w‖²``, which is added to the mean loss where that is differentiated.
        penalty: the same in words.
    """

    decay = 0.0
    penalty = "without penalties"

    def __init__(
        self,
        module: nn.Module,
        loss: Loss,
        inputs: Tensor,
        targets: Tensor,
        *,
        examples: str = "training set",
        estimated_on: Tensor | None = None,
        memory: int = default_memory,
    ) -> None:
        self.module = module.eval()
        self.layout = Layout.of(module)
        self.loss, self.inputs, self.targets, self.examples = loss, inputs, targets, examples
        self.estimated_on = inputs if estimated_on is None else estimated_on
        self.carried = carried([module], inputs.dtype)
        self.memory, self.normalized = memory, is_normalized(module)
        sizes = at_once(self.module, inputs, memory)
        self._points = ManyPoints(self.module, loss, inputs, targets, self.estimated_on, self.carried, sizes)
        layers = lower(self.module, tuple(inputs.shape[1:]))
        self._chain = None if layers is None else Chain(layers, loss)
        recorded = sizes.recorded
        self.blocks = [slice(start, start + recorded) for start in range(0, len(inputs), recorded)]

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the evaluation."""
        return self.inputs.dtype

    @cached_property
    def examples_digest(self) -> bytes:
        """A checksum of the inputs, the targets and the inputs that statistics are estimated on, made once."""
        own = (self.inputs, self.targets, self.estimated_on)
        return digest(part for each in own for part in tensor_bytes(each))

    def row(self, weights: Mapping[str, npt.NDArray[Any]]) -> Tensor:
        """Return the row (parameters,) that holds the weights of a snapshot.

        Raises:
            InvalidInput: if they are not those of this module.
        """
        found = {name: tuple(value.shape) for name, value in weights.items() if name not in self.carried}
        if found != dict(self.layout.shapes):
            raise InvalidInput("The snapshot's weights are not those of the recipe's model: take both from one recipe.")
        return self.layout.row({name: torch.from_numpy(value) for name, value in weights.items()}).to(self.dtype)

    def apart(self) -> "Surface":
        """Return the same surface with a module of its own, for another thread: torch.func writes to the module."""
        found = copy(self)
        found.module = deepcopy(self.module)
        return found

    def outputs(self, point: Tensor, block: slice = slice(None)) -> Tensor:
        """Return the outputs at one point (parameters,) for some examples, (examples, outputs); differentiable."""
        parameters = {name: value[0] for name, value in self.layout.views(point[None]).items()}
        shared = {name: value[0] for name, value in self.carried.items()}
        # The fused kernels of attention have no second derivatives.
        with sdpa_kernel(SDPBackend.MATH):
            found: Tensor = functional_call(self.module, {**parameters, **shared}, (self.inputs[block],))
        return found

    def mean_loss(self, point: Tensor) -> Tensor:
        """Return the mean loss at one point (parameters,), a scalar; differentiable as often as the module is.

        Beyond the memory, each block's record is made again for its gradient;
        what is differentiated twice is taken block by block, by `share_of_mean`.
        """
        if len(self.blocks) == 1:
            return self.share_of_mean(point, self.blocks[0])
        return torch.stack([recorded_again(self.share_of_mean, point, each) for each in self.blocks]).sum()

    def share_of_mean(self, point: Tensor, block: slice) -> Tensor:
        """Return what a block of examples adds to the mean loss over all, a scalar; differentiable."""
        return self.loss.values(self.outputs(point, block), self.targets[block]).sum() / len(self.targets)

    def second_order(self, points: Tensor, block: slice) -> SecondOrder | None:
        """Return what a block of examples adds at many points, with gradients and Hessians that are made by hand.

        Arguments:
            points: (points, parameters), which must stay as they are; autograd hears nothing of them.
            block: of examples.

        Returns:
            None where only autograd can differentiate a layer's backward pass.
        """
        if self._chain is None:
            return None
        share = 1 / len(self.targets)
        decay = self.decay * share * len(range(*block.indices(len(self.targets))))
        with torch.no_grad(), torch.autocast(self.inputs.device.type, enabled=False):
            return self._chain.second_order(
                self.layout, points, self.inputs[block], self.targets[block], share=share, decay=decay
            )

    def at(
        self, origin: Tensor, basis: Tensor, coordinates: Tensor, statistics: Statistics = "frozen"
    ) -> SurfaceValues:
        """Evaluate at the points ``origin + coordinates @ basis``, in chunks (`ManyPoints`).

        Arguments:
            origin: (parameters,).
            basis: directions, (dimensions, parameters).
            coordinates: (points, dimensions).
            statistics: ``frozen`` leaves the module's running statistics to every point, ``re-estimated`` gives each
                point those of its own weights on all examples, or those given for it (`reestimated`), and ``batch``
                normalizes each block of up to 256 examples by its own mean and variance, as a step of training does.

        Raises:
            InvalidInput: for other statistics.
        """
        if statistics not in get_args(Statistics):
            raise InvalidInput(f"The statistics are {statistics!r}: give 'frozen', 're-estimated' or 'batch'.")
        origin, basis, coordinates = (each.to(self.dtype) for each in (origin, basis, coordinates))
        losses, accuracies = self._points.means(Span(origin, basis), coordinates, statistics)
        if self.loss.task == "regression":
            return SurfaceValues(losses.numpy(), None)
        return SurfaceValues(losses.numpy(), torch.where(losses.isnan(), torch.nan, accuracies).numpy())
