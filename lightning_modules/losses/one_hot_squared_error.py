"""Squared error on one-hot labels: classification as regression."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightning_modules.losses.quadratic import QuadraticLoss
from lightning_modules.losses.simplex import nearest_probabilities

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["OneHotSquaredError"]


@dataclass(frozen=True)
class OneHotSquaredError(QuadraticLoss):
    """``½ Σ_c (f_c − [c is the label])²``, summed over the classes.

    In the mean it is least where the outputs are the classes' probabilities,
    but nothing keeps outputs within [0, 1] or lets them sum to 1: predicted
    are the nearest probabilities to the outputs (by Euclidean distance).
    """

    def values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        import torch

        # Not torch's one_hot: it looks at the labels, which the general path cannot.
        labels = torch.zeros_like(outputs).scatter(-1, targets[..., None], 1.0)
        return (outputs - labels).square().sum(dim=-1) / 2

    def predict(self, outputs: "Tensor") -> "Tensor":
        return nearest_probabilities(outputs)

    def decide(self, outputs: "Tensor") -> "Tensor":
        return outputs.max(dim=-1).indices

    def mean_and_gradient(self, outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
        chosen = targets[:, None, :]
        residual = outputs.scatter_add(1, chosen, outputs.new_full((1, 1, 1), -1.0).expand_as(chosen))
        losses = residual.square().sum(dim=1).mean(dim=1) / 2
        return losses, residual.div_(targets.shape[1])
