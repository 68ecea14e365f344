"""Softmax cross-entropy: the negative log-likelihood of one class out of several."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CrossEntropy"]


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """``−log softmax(logits)[target]``, computed by the log-sum-exp so that large logits do not overflow."""

    def values(self, logits: "Tensor", targets: "Tensor") -> "Tensor":
        from torch.nn.functional import cross_entropy

        flat = cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), reduction="none")
        return flat.view(targets.shape)

    def probabilities(self, logits: "Tensor") -> "Tensor":
        return logits.softmax(dim=-1)

    def mean_and_gradient(self, logits: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        """Return the losses and ``(softmax − one-hot) / batch``: recording a graph would cost as much again."""
        chosen = targets[:, None, :]
        log_probabilities = logits.log_softmax(dim=1)
        losses = -log_probabilities.gather(1, chosen).mean(dim=(1, 2))
        gradient = log_probabilities.exp_()
        gradient.scatter_add_(1, chosen, gradient.new_full((1, 1, 1), -1.0).expand_as(chosen))
        return losses, gradient.div_(targets.shape[1])
