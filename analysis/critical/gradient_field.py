"""The gradient of the mean loss, and its derivative along directions, at many points at once."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import vmap

from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.stack.second_order import SecondOrder

__all__ = ["GradientField", "Recorded", "require_double"]


@dataclass(frozen=True)
class Recorded:
    """Losses and gradients at some points, with the record of how they came about, from which products are made.

    The record lives as long as this object, and holds the activations of all
    points and examples.

    Arguments:
        points: (points, parameters).
        losses: (points,).
        gradients: (points, parameters).
        products: returns ``H v`` with each point's own Hessian and its own vector, both (points, parameters).
    """

    points: Tensor
    losses: Tensor
    gradients: Tensor
    products: Callable[[Tensor], Tensor]


def require_double(surface: Surface) -> None:
    """Require a surface on which small gradients can be told from rounding.

    Raises:
        InvalidInput: for another precision than float64.
    """
    if surface.dtype != torch.float64:
        raise InvalidInput("Critical points need double precision: make the surface with dtype=torch.float64.")


class GradientField:
    """``∇L`` at any points of a surface; a point's values do not depend on those beside it but for rounding.

    Arguments:
        surface: in double precision: what is sought are zeros of the gradient, and of single precision half the
            digits are gone before it is small.

    Raises:
        InvalidInput: for a surface in another precision.
    """

    def __init__(self, surface: Surface) -> None:
        require_double(surface)
        self.surface = surface

    def at(self, points: Tensor) -> Recorded:
        """Return losses and gradients at points (points, parameters), and what makes products with their Hessians."""
        by_hand = self._by_hand(points)
        if by_hand is None:
            return _recorded_by_autograd(self.surface, points)
        return Recorded(points, by_hand.losses, by_hand.gradients, by_hand.products)

    def gradients(self, points: Tensor) -> Tensor:
        """Return the gradients alone, (points, parameters)."""
        # By the same arithmetic as `at`: a line search compares the two.
        by_hand = self._by_hand(points)
        if by_hand is not None:
            return by_hand.gradients
        with torch.enable_grad():
            leaf = points.detach().clone().requires_grad_()
            (found,) = torch.autograd.grad(vmap(self.surface.mean_loss)(leaf).sum(), leaf)
        return found

    def _by_hand(self, points: Tensor) -> SecondOrder | None:
        # Beyond the memory each block's record is made again for every product.
        blocks = self.surface.blocks
        return self.surface.second_order(points.detach().clone(), blocks[0]) if len(blocks) == 1 else None


def _recorded_by_autograd(surface: Surface, points: Tensor) -> Recorded:
    with torch.enable_grad():
        leaf = points.detach().clone().requires_grad_()
        losses = vmap(surface.mean_loss)(leaf)
        (gradients,) = torch.autograd.grad(losses.sum(), leaf, create_graph=True)

    def products(vectors: Tensor) -> Tensor:
        # Of a linear network the gradient does not depend on the weights: its Hessian is zero.
        if not gradients.requires_grad:
            return torch.zeros_like(vectors)
        (found,) = torch.autograd.grad(gradients, leaf, vectors, retain_graph=True, materialize_grads=True)
        return found

    return Recorded(points, losses.detach(), gradients.detach(), products)
