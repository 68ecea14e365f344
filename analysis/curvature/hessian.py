"""The Hessian of the mean loss by its products with vectors."""

from collections.abc import Iterable

import torch
from torch import Tensor

from analysis.curvature.operator import Operator
from analysis.curvature.symmetry import require_symmetric
from analysis.own_threads import own_threads
from analysis.surface import Surface
from lightning_modules.stack.second_order import SecondOrder

__all__ = ["Hessian"]

# Bytes of activations that one thread's vectors may have together. Measured on a 2-16-2 MLP and 150 examples, which
# gets 18 vectors by it: 16 of them take 17 µs each, one alone 153 µs and 64 of them 32 µs.
_cached = 3 * 2**18


class Hessian(Operator):
    """``H = ∇² L`` at one point.

    Where all examples fit into the surface's memory both passes of the gradient
    are recorded once; a product is their derivative along the vector, six
    matrix products for each linear layer but the first, where a gradient takes
    three. Of a chain of linear layers and activations it is made by hand
    (`SecondOrder`), of any other network by one more backward pass of autograd
    through the record of its first. The record lives as long as this object, and
    holds the activations of all examples. Where they do not fit, each product
    records the gradient of a block of examples after the other, at two to three
    times the work.

    Arguments:
        surface: whose mean loss is differentiated, in evaluation mode.
        point: the weights, (parameters,); products have the surface's precision.

    Attributes:
        loss: the mean loss, a scalar.
        gradient: (parameters,).

    Raises:
        InvalidInput: if autograd's second derivatives are not symmetric, and so not right.

    References:
        | Fast exact multiplication by the Hessian (Pearlmutter, 1994)
        | https://doi.org/10.1162/neco.1994.6.1.147
    """

    def __init__(self, surface: Surface, point: Tensor) -> None:
        self.size, self.dtype = len(point), surface.dtype
        self._surface, self._point = surface, point.detach().to(surface.dtype).clone()
        self._kept = self._record(surface.blocks[0]) if len(surface.blocks) == 1 else None
        self.loss, self.gradient = torch.zeros((), dtype=self.dtype), torch.zeros_like(self._point)
        for record in self._records():
            self.loss += record.losses[0]
            self.gradient += record.gradients[0]
            by_hand = isinstance(record, SecondOrder)
            del record
        if not by_hand:
            require_symmetric(self.product, self.size, self.dtype)

    def product(self, vector: Tensor) -> Tensor:
        vectors = vector.to(self.dtype)[None]
        if self._kept is not None:
            return self._kept.products(vectors)[0]
        found = torch.zeros_like(vectors)
        for record in self._records():
            found += record.products(vectors)
            del record
        return found[0]

    def products(self, vectors: Tensor) -> Tensor:
        """Return the products with several vectors, (vectors, parameters).

        Every thread that torch may use takes vectors of its own; the smaller the
        network, the more of them at once.
        """
        if not isinstance(self._kept, SecondOrder):
            return super().products(vectors)
        most = min(_cached, self._surface.memory // (4 * torch.get_num_threads()))
        with own_threads() as threads:
            found = threads.map(self._kept.products, vectors.to(self.dtype).split(max(1, most // self._kept.touched)))
            return torch.cat(list(found))

    def _records(self) -> "Iterable[SecondOrder | _Autograd]":
        # One lives at a time: whoever takes them lets each go before the next.
        return map(self._record, self._surface.blocks) if self._kept is None else [self._kept]

    def _record(self, block: slice) -> "SecondOrder | _Autograd":
        return self._surface.second_order(self._point[None], block) or _Autograd(self._surface, self._point, block)


class _Autograd:
    """What `SecondOrder` is, for any network, of one point and one vector at a time."""

    def __init__(self, surface: Surface, point: Tensor, block: slice) -> None:
        with torch.enable_grad():
            self._point = point.clone().requires_grad_()
            loss = surface.share_of_mean(self._point, block)
            (self._gradient,) = torch.autograd.grad(loss, self._point, create_graph=True)
        self.losses, self.gradients = loss.detach()[None], self._gradient.detach()[None]

    def products(self, vectors: Tensor) -> Tensor:
        (vector,) = vectors
        # A linear network has a gradient that does not depend on the weights: its Hessian is zero.
        if not self._gradient.requires_grad:
            return torch.zeros_like(vectors)
        (found,) = torch.autograd.grad(self._gradient, self._point, vector, retain_graph=True, materialize_grads=True)
        return found[None]
