"""The Gaussian negative log-likelihood of means and log-variances, which several losses share."""

import math
from typing import TYPE_CHECKING

import numpy as np

from lightning_modules.data.dataset import Targets
from lightning_modules.losses.loss import Array

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["guess", "mean_and_gradient", "moments", "predict", "values"]

_constant = math.log(2 * math.pi) / 2


def values(outputs: "Tensor", targets: "Tensor") -> "Tensor":
    """Return ``½ Σ ((μ − y)² e^{−s} + s + log 2π)``, summed over the k targets, (…,).

    Arguments:
        outputs: the k means μ, then the k log-variances s, (…, 2 k).
        targets: y, (…, k).
    """
    mean, log_variance = outputs.chunk(2, dim=-1)
    squared = (mean - targets).square() * (-log_variance).exp()
    return ((squared + log_variance) / 2 + _constant).sum(dim=-1)


def predict(outputs: "Tensor") -> "Tensor":
    """Return means and variances, (…, 2 k), for means and log-variances."""
    import torch

    mean, log_variance = outputs.chunk(2, dim=-1)
    return torch.cat([mean, log_variance.exp()], dim=-1)


def mean_and_gradient(outputs: "Tensor", targets: "Tensor") -> "tuple[Tensor, Tensor]":
    """Return each run's mean loss, (runs,), and its gradient in the outputs (runs, 2 k, batch).

    It is ``(μ − y) e^{−s}`` in a mean and ``½ (1 − (μ − y)² e^{−s})`` in a
    log-variance, over the batch's size.
    """
    import torch

    mean, log_variance = outputs.chunk(2, dim=1)
    residual = mean - targets.mT
    scaled = residual * (-log_variance).exp()
    squared = residual * scaled
    losses = ((squared + log_variance) / 2 + _constant).sum(dim=1).mean(dim=1)
    return losses, torch.cat([scaled, (1 - squared) / 2], dim=1).div_(targets.shape[1])


def guess(mean: Array, variance: Array) -> Array:
    """Return the outputs, (2 k,), that predict a constant; a variance of 0 counts as the smallest of single precision.

    Arguments:
        mean: (k,).
        variance: (k,).
    """
    return np.concatenate([mean, np.log(np.maximum(variance, np.finfo(np.float32).tiny))])


def moments(targets: Targets) -> tuple[Array, Array]:
    """Return the mean and the variance, each (k,), of targets (examples, k)."""
    numbers = targets.astype(np.float64)
    return numbers.mean(axis=0), numbers.var(axis=0)
