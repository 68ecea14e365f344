"""The gradient of the mean loss, and its derivative along directions, at many points at once."""

import torch
from torch import Tensor
from torch.func import vmap

from analysis.surface import Surface
from lightning_modules.errors import InvalidInput

__all__ = ["GradientField", "Recorded", "require_double"]


class Recorded:
    """Losses and gradients at some points, with the record of how they came about, from which products are made.

    A product with the Hessians of all points is one backward pass. The record
    lives as long as this object, and holds the activations of all points and
    examples.

    Attributes:
        points: (points, parameters).
        losses: (points,).
        gradients: (points, parameters).
    """

    def __init__(self, surface: Surface, points: Tensor) -> None:
        with torch.enable_grad():
            self._points = points.detach().clone().requires_grad_()
            losses = vmap(surface.mean_loss)(self._points)
            (self._gradients,) = torch.autograd.grad(losses.sum(), self._points, create_graph=True)
        self.points, self.losses, self.gradients = points, losses.detach(), self._gradients.detach()

    def products(self, vectors: Tensor) -> Tensor:
        """Return ``H v`` with each point's own Hessian and its own vector, (points, parameters)."""
        # Of a linear network the gradient does not depend on the weights: its Hessian is zero.
        if not self._gradients.requires_grad:
            return torch.zeros_like(vectors)
        (found,) = torch.autograd.grad(
            self._gradients, self._points, vectors, retain_graph=True, materialize_grads=True
        )
        return found


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
        return Recorded(self.surface, points)

    def gradients(self, points: Tensor) -> Tensor:
        """Return the gradients alone, (points, parameters)."""
        with torch.enable_grad():
            leaf = points.detach().clone().requires_grad_()
            (found,) = torch.autograd.grad(vmap(self.surface.mean_loss)(leaf).sum(), leaf)
        return found
