"""The fast path: a chain of batched layers with the batch as the last axis and hand-written derivatives.

Why the batch last: a convolution then unfolds by copying long contiguous
rows, pooling takes maxima of contiguous slices, and every layer is one batched
matrix product ``W (outputs, inputs) @ x (inputs, batch)`` in the layout that
torch keeps its weights in. Why no autograd: recording and replaying a graph
costs as much as the arithmetic of small networks.
"""

from collections.abc import Sequence
from itertools import dropwhile

from torch import Tensor

from lightning_modules.losses.loss import Loss
from lightning_modules.stack.layers.at_point import TwiceDifferentiable
from lightning_modules.stack.layers.flatten import Flatten
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.linear import Linear
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.second_order import SecondOrder
from lightning_modules.stack.stacked import Parameters, Stacked

__all__ = ["Chain"]


class Chain(Stacked):
    """Layers applied one after the other to all runs.

    Attributes:
        starts_linear: whether the first layer with parameters is a linear one that reads the inputs themselves.
        trained_first: names of the parameters of the first layer with any.
    """

    def __init__(self, layers: Sequence[Layer], loss: Loss) -> None:
        # A matrix product reads its factors in either order; to turn the batch around would cost as much as itself.
        # What it reads is flattened as it is turned.
        unflattened = list(dropwhile(lambda layer: isinstance(layer, Flatten), layers))
        self.starts_linear = isinstance(unflattened[0], Linear)
        self._turned = _features_by_batch if self.starts_linear else _batch_last_contiguous
        self._layers, self._loss = tuple(unflattened if self.starts_linear else layers), loss
        self._masks = tuple(name for layer in layers for name in layer.masks)
        # Below the first layer with parameters nothing needs a gradient.
        self._first = next(index for index, layer in enumerate(self._layers) if layer.parameters)
        self.trained_first = self._layers[self._first].parameters

    def forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        return self.rest(parameters, self.first(parameters, inputs))

    def first(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        """Return what `forward` makes of inputs up to the first layer with parameters, (runs, *shape, batch)."""
        x = self._turned(inputs)
        for layer in self._layers[: self._first + 1]:
            x = layer.forward(parameters, x)
        return x

    def rest(self, parameters: Parameters, x: Tensor) -> Tensor:
        """Return the outputs (runs, batch, outputs) for what `first` returned, which may be overwritten."""
        for layer in self._layers[self._first + 1 :]:
            x = layer.forward(parameters, x)
        return x.mT

    def training_forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        runs = len(next(iter(parameters.values())))
        x = self._turned(inputs)
        x = x.expand(runs, *x.shape[1:])
        for layer in self._layers:
            x = layer.training_forward(parameters, x)
        return x.mT

    def gradient(
        self,
        parameters: Parameters,
        gradients: Parameters,
        inputs: Tensor,
        targets: Tensor,
        masks: Sequence[Tensor] = (),
    ) -> Tensor:
        if masks:
            parameters = {**parameters, **dict(zip(self._masks, masks, strict=True))}
        activations = [self._turned(inputs)]
        for layer in self._layers:
            activations.append(layer.training_forward(parameters, activations[-1]))
        losses, upstream = self._loss.mean_and_gradient(activations[-1], targets)
        for index in reversed(range(self._first, len(self._layers))):
            layer, x, y = self._layers[index], activations[index], activations[index + 1]
            layer.parameter_gradients(gradients, x, upstream)
            if index > self._first:
                upstream = layer.input_gradient(parameters, x, y, upstream)
        return losses

    def second_order(
        self,
        layout: Layout,
        weights: Tensor,
        inputs: Tensor,
        targets: Tensor,
        *,
        share: float,
        decay: float,
    ) -> SecondOrder | None:
        """Return losses on examples that all runs share, with gradients and Hessians.

        None where only autograd can differentiate a layer's backward pass.

        Arguments:
            layout: of a weight set.
            weights: (runs, parameters), which must stay as they are.
            inputs: (examples, *shape).
            targets: (examples, …).
            share: what each example's loss is multiplied by.
            decay: λ of ``½ λ ‖w‖²``, which is added.
        """
        layers = [layer for layer in self._layers if isinstance(layer, TwiceDifferentiable)]
        if len(layers) < len(self._layers):
            return None
        x = self._turned(inputs[None]).contiguous()
        for layer in layers[: self._first]:
            x = layer.forward({}, x)
        return SecondOrder(layers[self._first :], self._loss, layout, weights, x, targets, share=share, decay=decay)


def _features_by_batch(inputs: Tensor) -> Tensor:
    """Return inputs (runs, batch, *shape) as (runs, features, batch), without copying them."""
    turned = inputs.flatten(2).mT
    # A single feature lies both ways at once: which of them torch sees would depend on the size of the stack.
    return turned.contiguous() if turned.shape[1] == 1 else turned


def _batch_last_contiguous(inputs: Tensor) -> Tensor:
    moved: Tensor = inputs.flatten(2).mT.contiguous().unflatten(1, inputs.shape[2:])
    return moved
