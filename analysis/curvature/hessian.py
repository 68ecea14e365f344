"""The Hessian of the mean loss by its products with vectors."""

import torch
from torch import Tensor

from analysis.curvature.operator import Operator
from analysis.surface import Surface

__all__ = ["Hessian"]


class Hessian(Operator):
    """``H = ∇² L`` at one point.

    Where all examples fit into the surface's memory the gradient is recorded
    once; a product is one more backward pass through that record, the work of
    one to two gradients: six matrix products for each linear layer but the
    first, where a gradient takes three. The record lives as long as this object,
    and holds the activations of all examples. Where they do not fit, each
    product records the gradient of a block of examples after the other, at two
    to three times the work.

    Arguments:
        surface: whose mean loss is differentiated, in evaluation mode.
        point: the weights, (parameters,); products have the surface's precision.

    References:
        | Fast exact multiplication by the Hessian (Pearlmutter, 1994)
        | https://doi.org/10.1162/neco.1994.6.1.147
    """

    def __init__(self, surface: Surface, point: Tensor) -> None:
        self.size, self.dtype = len(point), surface.dtype
        self._surface, self._point = surface, point.detach().to(surface.dtype).clone().requires_grad_()
        self._kept = [self._record(each) for each in surface.blocks] if len(surface.blocks) == 1 else None
        self.loss, self.gradient = self._kept[0] if self._kept else self._summed()

    def product(self, vector: Tensor) -> Tensor:
        found = torch.zeros_like(self._point, requires_grad=False)
        for _, gradient in self._kept or map(self._record, self._surface.blocks):
            # A linear network has a gradient that does not depend on the weights: its Hessian is zero.
            if gradient.requires_grad:
                (own,) = torch.autograd.grad(
                    gradient,
                    self._point,
                    vector.to(self.dtype),
                    retain_graph=self._kept is not None,
                    materialize_grads=True,
                )
                found += own
        return found

    @torch.enable_grad()
    def _record(self, block: slice) -> tuple[Tensor, Tensor]:
        """Return a block's share of the loss and of the gradient, which can be differentiated."""
        loss = self._surface.share_of_mean(self._point, block)
        (gradient,) = torch.autograd.grad(loss, self._point, create_graph=True)
        return loss, gradient

    def _summed(self) -> tuple[Tensor, Tensor]:
        """Return the loss and the gradient over all blocks, of which one record lives at a time."""
        loss, gradient = torch.zeros((), dtype=self.dtype), torch.zeros_like(self._point, requires_grad=False)
        for block in self._surface.blocks:
            own, slope = self._record(block)
            loss += own.detach()
            gradient += slope.detach()
            del own, slope
        return loss, gradient
