"""What losses for two classes share: one output, whose sign decides."""

from abc import abstractmethod
from typing import TYPE_CHECKING

from lightning_modules.data.dataset import Dataset
from lightning_modules.errors import InvalidInput
from lightning_modules.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["BinaryLoss", "decisions", "sigmoid", "signs"]


class BinaryLoss(Loss):
    """A loss of one output f: above 0 it speaks for class 1, else for class 0."""

    @abstractmethod
    def pointwise(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        """Return the loss of every example for outputs (…,) and classes 0 and 1 of the same shape; differentiable."""

    @abstractmethod
    def derivative(self, f: "Tensor", targets: "Tensor") -> "Tensor":
        """Return the derivative of every example's loss in its output, each (…,); of a contiguous f."""

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        return self.pointwise(outputs[..., 0], targets)

    def decide(self, outputs: "Tensor") -> "Tensor":
        return (outputs[..., 0] > 0).long()

    def outputs(self, dataset: Dataset) -> int:
        return 1

    def check(self, dataset: Dataset) -> None:
        super().check(dataset)
        if dataset.classes != 2:
            raise InvalidInput(
                f"The loss {type(self).__name__} tells two classes apart, and the data set has {dataset.classes}:"
                " give the recipe CrossEntropy, or data with two classes."
            )

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        f = outputs[:, 0, :].contiguous()
        losses = self.pointwise(f, targets).mean(dim=1)
        return losses, self.derivative(f, targets)[:, None].div_(targets.shape[1])


def signs(targets: "Tensor", like: "Tensor") -> "Tensor":
    """Return the labels −1 and 1 for classes 0 and 1, in the precision of `like`."""
    return (2 * targets - 1).to(like.dtype)


def sigmoid(f: "Tensor") -> "Tensor":
    """Return the sigmoid, whose every bit is the same whatever else is in the tensor."""
    import torch

    from lightning_modules.stack.layers.elementwise import in_whole_registers

    return in_whole_registers(torch.sigmoid)(f.contiguous())


def decisions(f: "Tensor") -> "Tensor":
    """Return one-hot decisions (…, 2) for outputs (…, 1)."""
    import torch

    positive = (f > 0).to(f.dtype)
    return torch.cat([1 - positive, positive], dim=-1)
