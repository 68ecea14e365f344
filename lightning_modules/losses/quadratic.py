"""What squared errors have in common."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from lightning_modules.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["QuadraticLoss"]


class QuadraticLoss(Loss):
    """A loss whose Hessian in the outputs is the identity; it has `mean_and_gradient` of its own."""

    def sum_and_curvature(
        self, outputs: "Tensor", targets: "Tensor"
    ) -> "tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]":
        means, gradient = self.mean_and_gradient(outputs, targets)
        count = targets.shape[1]
        return means * count, gradient * count, lambda vectors: vectors
