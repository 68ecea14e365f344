"""What a training objective is."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from lightning_modules.data.dataset import Dataset, Task
from lightning_modules.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Loss"]


class Loss(ABC):
    """An objective per example; subclasses are frozen dataclasses of its settings.

    Attributes:
        task: the kind of targets that it takes.
    """

    task: ClassVar[Task] = "classification"

    @abstractmethod
    def values(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        """Return the loss of every example, (...,), for logits (..., classes) and targets (...,); differentiable."""

    @abstractmethod
    def probabilities(self, logits: "Tensor") -> "Tensor":
        """Return the predicted class probabilities, (..., classes), for logits of that shape."""

    def check(self, dataset: Dataset) -> None:
        """Raise `InvalidInput` unless the data set has the targets that this loss takes."""
        if dataset.task != self.task:
            raise InvalidInput(
                f"The loss {type(self).__name__} is for {self.task}, and the data set is for {dataset.task}:"
                f" give the recipe a loss for {dataset.task}, or other data."
            )

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
