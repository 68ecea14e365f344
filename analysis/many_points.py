"""The losses of a network at many points of the space of its weights, evaluated in chunks."""

import copy
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from analysis.memory import AtOnce
from analysis.own_threads import own_threads
from analysis.statistics import Statistics, evenly, is_normalized, treated
from lightning_modules.losses.loss import Loss
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.stacked import Stacked, stacked

__all__ = ["ManyPoints", "Span"]

# In a line or a plane a first layer is a few numbers' combination of as many outputs; in more dimensions it is not.
_most_dimensions = 2


@dataclass(frozen=True)
class Span:
    """The points ``origin + coordinates @ basis``.

    Arguments:
        origin: (parameters,).
        basis: directions, (dimensions, parameters).
    """

    origin: Tensor
    basis: Tensor

    def at(self, coordinates: Tensor) -> Tensor:
        """Return the weights (points, parameters) at coordinates (points, dimensions)."""
        return torch.addmm(self.origin, coordinates, self.basis)


class ManyPoints:
    """Evaluates a module with many weight sets on the same examples.

    Every thread that torch may use takes chunks of points of its own: sharing
    out the work within one operation of a small network costs more than the
    operation.

    In a line or a plane a first linear layer is not multiplied at every point:
    ``(W₀ + x W₁ + y W₂) X = W₀ X + x W₁ X + y W₂ X``, three products for all
    points, where memory is left for them.

    Arguments:
        module: in evaluation mode.
        loss: per example.
        inputs: (examples, *shape).
        targets: (examples, …).
        estimated_on: inputs on which running statistics are estimated anew.
        carried: what the module keeps but does not train, (1, *shape) each.
        at_once: how much is evaluated at once.
    """

    def __init__(
        self,
        module: nn.Module,
        loss: Loss,
        inputs: Tensor,
        targets: Tensor,
        estimated_on: Tensor,
        carried: Mapping[str, Tensor],
        at_once: AtOnce,
    ) -> None:
        self._module, self._loss, self._inputs, self._targets = module, loss, inputs, targets
        self._estimated_on, self._carried, self._layout = estimated_on, carried, Layout.of(module)
        self.at_once = at_once
        # Without batch normalization all statistics are the same, and the frozen ones the fastest.
        self._normalized = is_normalized(module)
        self._own = threading.local()
        self._model()

    @torch.no_grad()
    def means(self, span: Span, coordinates: Tensor, statistics: Statistics) -> tuple[Tensor, Tensor]:
        """Return the mean losses and for classes the accuracies, each (points,) in double precision.

        Arguments:
            span: where the points lie.
            coordinates: (points, dimensions).
            statistics: as `Surface.at` has them.
        """
        # Made beforehand: what outlives a chunk would leave gaps in memory too small for the next one.
        losses, right = torch.zeros(2, len(coordinates), dtype=torch.float64)
        chunks = (each.split(self.at_once.points) for each in (coordinates, losses, right))
        own = statistics if self._normalized else "frozen"
        evaluate = partial(self.add, span, own, self.fronts(span, own))
        with own_threads() as threads:
            list(threads.map(evaluate, *chunks))
        losses /= len(self._targets)
        right /= len(self._targets)
        return losses, right

    @torch.no_grad()
    def fronts(self, span: Span, statistics: Statistics) -> Sequence[Tensor] | None:
        """Return what a first linear layer makes of each block of examples with the origin and each direction.

        (1 + dimensions, features, examples) each; None where that is of no use,
        or takes more than the memory that is left.
        """
        model = self._model()
        if statistics != "frozen" or not isinstance(model, Chain) or not model.starts_linear:
            return None
        rows = 1 + len(span.basis)
        features = len(self._layout.views(span.basis)[model.trained_first[0]][0])
        taken = rows * (features * len(self._inputs) + self._layout.size) * self._inputs.element_size()
        if len(span.basis) > _most_dimensions or taken > self.at_once.left:
            return None
        parameters = self._layout.views(torch.cat([span.origin[None], span.basis]))
        return [model.first(parameters, block[None]) for block in self._inputs.split(self.at_once.examples)]

    @torch.no_grad()
    def add(
        self,
        span: Span,
        statistics: Statistics,
        fronts: Sequence[Tensor] | None,
        coordinates: Tensor,
        losses: Tensor,
        right: Tensor,
    ) -> None:
        """Add a chunk's losses, and how many classes are right, over all examples; each (points,)."""
        weights, model = self._layout.views(span.at(coordinates)), self._model()
        if fronts is not None:
            assert isinstance(model, Chain)
            shares = torch.cat([torch.ones_like(coordinates[:, :1]), coordinates], dim=1)
            combined = {**weights, **self._kept(len(coordinates))}
            for front, targets in zip(fronts, self._targets.split(self.at_once.examples), strict=True):
                first = (shares @ front.flatten(1)).unflatten(1, front.shape[1:])
                self._add_block(model.rest(combined, first), targets, losses, right)
            return
        forward, parameters = treated(
            statistics, self._module, model, weights, self._kept(len(coordinates)), self._estimated_on
        )
        # Batches are what the statistics make them: memory does not cut them.
        split = evenly if statistics == "batch" else partial(torch.split, split_size_or_sections=self.at_once.examples)
        for inputs, targets in zip(split(self._inputs), split(self._targets), strict=True):
            self._add_block(forward(parameters, inputs[None]), targets, losses, right)

    def _add_block(self, outputs: Tensor, targets: Tensor, losses: Tensor, right: Tensor) -> None:
        targets = targets.expand(len(outputs), *targets.shape)
        losses += self._loss.values(outputs, targets).sum(dim=1, dtype=torch.float64)
        if self._loss.task == "classification":
            right += (self._loss.decide(outputs) == targets).sum(dim=1)

    def _kept(self, points: int) -> dict[str, Tensor]:
        return {name: value.expand(points, *value.shape[1:]) for name, value in self._carried.items()}

    def _model(self) -> Stacked:
        """Return this thread's own stacked module: it has scratch memory, and torch.func writes to the module."""
        if not hasattr(self._own, "model"):
            self._own.model = stacked(copy.deepcopy(self._module), self._loss, tuple(self._inputs.shape[1:]))
        model: Stacked = self._own.model
        return model
