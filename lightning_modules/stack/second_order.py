"""Gradients of a chain at many points, and their derivatives along directions, by hand."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lightning_modules.losses.loss import Loss
from lightning_modules.stack.layers.at_point import AtPoint, TwiceDifferentiable
from lightning_modules.stack.layout import Layout

__all__ = ["SecondOrder"]


class SecondOrder:
    """The losses of many weight sets on the same examples, in evaluation, with their gradients and Hessians.

    A forward and a backward pass are made once, and what they read is kept; a
    product with the Hessians is their derivative along a direction, a forward
    and a backward pass again: twice the matrix products of a gradient, less
    those of the first layer's input. Autograd, asked for the derivative of its
    own backward pass, multiplies as often and takes up to half as long again.

    Arguments:
        layers: of a chain, from its first one with parameters on.
        loss: per example.
        layout: of a weight set.
        weights: (runs, parameters), which must stay as they are.
        x: what the first of the layers reads, (1 or runs, *shape, examples), contiguous.
        targets: (examples, …).
        share: what each example's loss is multiplied by.
        decay: λ of ``½ λ ‖w‖²``, which is added.

    Attributes:
        losses: each example's times the share, summed, with the decay, (runs,).
        gradients: of these, (runs, parameters).
        touched: bytes of one run's activations, all layers together.

    References:
        | Fast exact multiplication by the Hessian (Pearlmutter, 1994)
        | https://doi.org/10.1162/neco.1994.6.1.147
    """

    def __init__(
        self,
        layers: Sequence[TwiceDifferentiable],
        loss: Loss,
        layout: Layout,
        weights: Tensor,
        x: Tensor,
        targets: Tensor,
        *,
        share: float,
        decay: float,
    ) -> None:
        self._layout, self._share, self._decay, parameters = layout, share, decay, layout.views(weights)
        self._layers: list[AtPoint] = []
        activations = [x.expand(len(weights), *x.shape[1:])]
        for layer in layers:
            own, y = layer.at_point(parameters, activations[-1])
            self._layers.append(own)
            activations.append(y)
        self.touched = sum(each[0].numel() * each.element_size() for each in activations)
        all_targets = targets.expand(len(weights), *targets.shape)
        losses, upstream, self._pulled = loss.sum_and_curvature(activations.pop(), all_targets)
        self.losses, upstream = losses * share, upstream * share
        self.gradients = torch.empty_like(weights)
        found = layout.views(self.gradients)
        for layer, own in zip(reversed(layers), reversed(self._layers), strict=True):
            own.receive(upstream)
            layer.parameter_gradients(found, activations.pop(), upstream)
            if activations:
                upstream = own.pull(upstream)
        # Without a decay, infinite weights have a finite loss.
        if decay:
            self.losses += decay / 2 * weights.square().sum(dim=1)
            self.gradients.add_(weights, alpha=decay)

    @torch.no_grad()
    def products(self, vectors: Tensor) -> Tensor:
        """Return ``H v`` with each run's own Hessian and its own vector, (runs, parameters).

        Of one run any number of vectors may be given, (vectors, parameters).
        """
        with torch.autocast(vectors.device.type, enabled=False):
            return self._products(vectors)

    def _products(self, vectors: Tensor) -> Tensor:
        directions = self._layout.views(vectors)
        pushed: list[Tensor | None] = []
        x: Tensor | None = None
        for layer in self._layers:
            pushed.append(x)
            x = layer.push(directions, x)
        assert x is not None
        upstream = self._pulled(x) * self._share
        result = torch.empty_like(vectors)
        found = self._layout.views(result)
        for layer, x in zip(reversed(self._layers), reversed(pushed), strict=True):
            layer.products(found, x, upstream)
            if x is not None:
                upstream = layer.pull_along(directions, x, upstream)
        return result.add_(vectors, alpha=self._decay) if self._decay else result
