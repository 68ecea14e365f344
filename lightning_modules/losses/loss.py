"""What a training objective is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Loss"]


class Loss(ABC):
    """An objective per example; subclasses are frozen dataclasses of its settings."""

    @abstractmethod
    def values(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        """Return the loss of every example, (...,), for logits (..., classes) and targets (...,); differentiable."""

    @abstractmethod
    def probabilities(self, logits: "Tensor") -> "Tensor":
        """Return the predicted class probabilities, (..., classes), for logits of that shape."""

    def mean_and_gradient(self, logits: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        """Return each run's mean loss over its batch (runs,) and its gradient in the logits (runs, classes, batch).

        Arguments:
            logits: (runs, classes, batch), the batch last as the stack computes it.
            targets: (runs, batch).
        """
        import torch

        with torch.enable_grad():
            leaf = logits.detach().requires_grad_()
            losses = self.values(leaf.mT, targets).mean(dim=1)
            (gradient,) = torch.autograd.grad(losses.sum(), leaf)
        return losses.detach(), gradient
