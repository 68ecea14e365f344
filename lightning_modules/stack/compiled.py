"""The fastest path: small networks of linear layers and ReLUs, whose gradient is compiled as a whole."""

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.stack.chain import Chain
from lightning_modules.stack.kernels import mean_and_gradient, scratch_units, warm_up
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.linear import Linear
from lightning_modules.stack.layers.products import is_lowering
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.stacked import Parameters

__all__ = ["Compiled"]


class Compiled(Chain):
    """A chain of linear layers with ReLUs between them, under the cross-entropy; on a CPU its gradient is compiled.

    All else it does as a chain does, and so the gradient elsewhere: on a GPU,
    under autocast, and of weights that are not the rows of one matrix.

    Arguments:
        layers: for which `is_compilable` holds.
        loss: its label smoothing is that of the gradient.
        layout: of a row of weights.
    """

    def __init__(self, layers: Sequence[Layer], loss: CrossEntropy, layout: Layout) -> None:
        super().__init__(layers, loss)
        warm_up()
        # Always of one type, or all would be compiled anew for a 0 that is written without its point.
        self._smoothing = float(loss.label_smoothing)
        sizes = [math.prod(shape) for shape in layout.shapes.values()]
        begins = dict(zip(layout.shapes, accumulate(sizes, initial=0), strict=False))
        self._size = layout.size
        # How the views of a row of weights lie in its memory, by name: where they begin, and their strides.
        self._places = {
            name: (begins[name], torch.empty(shape, device="meta").stride()) for name, shape in layout.shapes.items()
        }
        linear = [layer.parameters for layer in layers if isinstance(layer, Linear)]
        matrices = [layout.shapes[names[0]] for names in linear]
        self._widths = np.array([matrices[0][1], *(outputs for outputs, _ in matrices)])
        self._units = scratch_units(self._widths)
        self._weight_at = np.array([begins[names[0]] for names in linear])
        self._bias_at = np.array([begins[names[1]] if len(names) > 1 else -1 for names in linear])

    def gradient(
        self,
        parameters: Parameters,
        gradients: Parameters,
        inputs: Tensor,
        targets: Tensor,
        masks: Sequence[Tensor] = (),
    ) -> Tensor:
        weights, found = self._rows(parameters), self._rows(gradients)
        if weights is None or found is None or not _belong_together(weights, found, inputs, targets):
            return super().gradient(parameters, gradients, inputs, targets, masks)
        losses, scratch = inputs.new_empty(len(weights)), inputs.new_empty(inputs.shape[1] * self._units)
        are_classes = mean_and_gradient(
            weights.numpy(),
            found.numpy(),
            inputs.flatten(2).contiguous().numpy(),
            targets.contiguous().numpy(),
            losses.numpy(),
            scratch.numpy(),
            self._widths,
            self._weight_at,
            self._bias_at,
            self._smoothing,
        )
        if not are_classes:
            raise IndexError(f"A target is no class: classes are 0 to {self._widths[-1] - 1}.")
        return losses

    def _rows(self, parameters: Parameters) -> Tensor | None:
        """Return the matrix (runs, size) of which the parameters are views, or None if there is none on this CPU."""
        first = parameters[next(iter(self._places))]
        if not first.is_cpu or first.dtype not in (torch.float32, torch.float64):
            return None
        start, bytes_each, runs = first.data_ptr(), first.element_size(), len(first)
        for name, (begin, strides) in self._places.items():
            each = parameters[name]
            distance, *own = each.stride()
            is_in_row = each.data_ptr() == start + begin * bytes_each and tuple(own) == strides
            if not is_in_row or (runs > 1 and distance != self._size) or each.dtype != first.dtype:
                return None
        return first.detach().as_strided((len(first), self._size), (self._size, 1))


def _belong_together(weights: Tensor, found: Tensor, inputs: Tensor, targets: Tensor) -> bool:
    """Return whether the compiled code, which looks at no bounds, may be given these, in full precision."""
    runs, batch = targets.shape
    shapes = weights.shape == found.shape and inputs.shape[:2] == (runs, batch) and runs == len(weights)
    kinds = weights.dtype == found.dtype == inputs.dtype and targets.dtype == torch.int64 and inputs.is_cpu
    return shapes and kinds and targets.is_cpu and not is_lowering(weights)
