"""Softmax cross-entropy: the negative log-likelihood of one class out of several."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from lightning_modules.checks import require_fraction
from lightning_modules.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["CrossEntropy"]


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """``−Σ_c q_c log softmax(z)_c``, computed by the log-sum-exp so that large logits z do not overflow.

    The label's distribution is ``q = (1 − ε) one-hot + ε / classes``. Its
    minimum over z is that of the divergence ``KL(q ‖ softmax(z))``, from which
    it differs by the entropy of q.

    Arguments:
        label_smoothing: ε, at least 0 and below 1.

    Raises:
        InvalidInput: for another ε.

    References:
        | Rethinking the inception architecture for computer vision (Szegedy et al., 2016)
        | https://arxiv.org/abs/1512.00567
    """

    label_smoothing: float = 0.0

    unit: ClassVar[Literal["nats", ""]] = "nats"

    def __post_init__(self) -> None:
        require_fraction("The cross-entropy's label_smoothing", self.label_smoothing)

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        from torch.nn.functional import cross_entropy

        # With the examples last: along a last axis of few classes torch's softmax takes ten times as long.
        last = outputs.mT if outputs.ndim == 3 else outputs.reshape(-1, outputs.shape[-1])
        own = targets if outputs.ndim == 3 else targets.reshape(-1)
        losses = cross_entropy(last, own, reduction="none", label_smoothing=self.label_smoothing)
        return losses.view(targets.shape)

    def predict(self, outputs: "Tensor") -> "Tensor":
        return outputs.mT.softmax(dim=-2).mT if outputs.ndim > 1 else outputs.softmax(dim=-1)

    def decide(self, outputs: "Tensor") -> "Tensor":
        # argmax takes ten times as long along an axis that is not the last in memory, and chooses the same.
        return outputs.max(dim=-1).indices

    def final(self, outputs: "Tensor", predictions: "Tensor", targets: "Tensor") -> float:
        if self.label_smoothing:
            return super().final(outputs, predictions, targets)
        # From the probabilities as they are written down, so that who reads them finds the same number; one that
        # rounds to zero counts as the smallest number that is not zero.
        probabilities, labels = predictions.cpu().numpy(), targets.cpu().numpy()
        chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        return float(-np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean())

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        """Return the losses and ``(softmax − q) / batch``: recording a graph would cost as much again."""
        chosen, batch = targets.unsqueeze(1), targets.shape[1]
        log_probabilities = outputs.log_softmax(dim=1)
        share = self.label_smoothing / outputs.shape[1]
        # Not by `mean`, which takes thrice as long for a few runs.
        losses = log_probabilities.gather(1, chosen).sum(dim=(1, 2)).div_(-batch)
        if share:
            smooth = log_probabilities.sum(dim=1).mean(dim=1)
            losses = (1 - self.label_smoothing) * losses - share * smooth
        gradient = log_probabilities.exp_()
        weight = gradient.new_full((1, 1, 1), self.label_smoothing - 1.0)
        gradient.scatter_add_(1, chosen, weight.expand_as(chosen))
        if share:
            gradient.sub_(share)
        return losses, gradient.div_(batch)

    def sum_and_curvature(
        self, outputs: "Tensor", targets: "Tensor"
    ) -> "tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]":
        """Return losses, gradients and ``v ↦ p (v − Σ p v)`` with the softmax p, which smoothing does not change."""
        # Torch's own leaves out examples whose class is −100.
        if bool((targets < 0).any()):
            return super().sum_and_curvature(outputs, targets)
        means, gradient = self.mean_and_gradient(outputs, targets)
        count, probabilities = targets.shape[1], outputs.softmax(dim=1)

        def product(vectors: "Tensor") -> "Tensor":
            found = probabilities * vectors
            return found.addcmul_(probabilities, found.sum(dim=1, keepdim=True), value=-1)

        return means * count, gradient * count, product
