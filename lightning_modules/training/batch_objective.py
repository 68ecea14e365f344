"""The loss of all runs of a stack on their current batches, as optimizers see it."""

from collections.abc import Mapping

import torch
from torch import Tensor

from lightning_modules.optimizers.objective import Objective
from lightning_modules.stack.hessian import Hessian
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.stacked import Stacked
from lightning_modules.training.batches import Batch

__all__ = ["BatchObjective"]


class BatchObjective(Objective):
    """Evaluates a stacked model on one batch a run; the same object serves all steps of a segment.

    Arguments:
        model: the stacked model.
        hessian: second derivatives of the same model.
        layout: of a row of weights.
        weights: (runs, parameters), those that the steps update in place.
        carried: buffers and frozen parameters by name, (runs, *shape); the first evaluation of a step updates the
            running statistics among them.
    """

    def __init__(
        self, model: Stacked, hessian: Hessian, layout: Layout, weights: Tensor, carried: Mapping[str, Tensor]
    ) -> None:
        self._model, self._hessian, self._layout, self._carried = model, hessian, layout, carried
        self._weights, self._gradient = weights, torch.empty_like(weights)
        # Made once: cutting a matrix into parameters takes as long as a layer of a small network.
        self._parameters, self._gradients = {**layout.views(weights), **carried}, layout.views(self._gradient)
        self._batch: Batch | None = None
        self._norms: Tensor | None = None
        self._is_first = True

    def begin(self, batch: Batch, norms: Tensor | None = None) -> None:
        """Begin a step on this batch of every run.

        Arguments:
            batch: of every run.
            norms: takes the norm of each run's gradient before the step, which may use its memory for something else,
                (runs,).
        """
        self._batch, self._is_first, self._norms = batch, True, norms

    def value_and_gradient(self, weights: Tensor, runs: Tensor | None = None) -> tuple[Tensor, Tensor]:
        is_first, self._is_first = self._is_first, False
        if weights is self._weights and is_first:
            losses = self._model.gradient(self._parameters, self._gradients, *self._batch_of(None))
            if self._norms is not None:
                torch.linalg.vector_norm(self._gradient, dim=1, out=self._norms)
            return losses, self._gradient
        gradient = self._gradient[: len(weights)]
        # What a model writes to its running statistics from now on is not kept.
        others = {name: value.clone() if runs is None else value[runs] for name, value in self._carried.items()}
        parameters, gradients = {**self._layout.views(weights), **others}, self._layout.views(gradient)
        return self._model.gradient(parameters, gradients, *self._batch_of(runs)), gradient

    def hessian(self, weights: Tensor, runs: Tensor | None = None) -> Tensor:
        others = {name: value if runs is None else value[runs] for name, value in self._carried.items()}
        return self._hessian.of(weights, others, *self._batch_of(runs))

    def _batch_of(self, runs: Tensor | None) -> Batch:
        assert self._batch is not None, "a step begins with its batch"
        inputs, targets, masks = self._batch
        if runs is None or len(runs) == len(inputs):
            return self._batch
        return Batch(inputs[runs], targets[runs], tuple(mask[runs] for mask in masks))
