"""A module with one number of its own: the log-variance that all examples share."""

import torch
from torch import Tensor, nn

__all__ = ["SharedLogVariance"]


class SharedLogVariance(nn.Module):
    """Appends to k means (…, k) one learned log-variance, k times over: (…, 2 k).

    Attributes:
        log_variance: (1,), 0 to begin with.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(1))

    def forward(self, means: Tensor) -> Tensor:
        """Return the means and the log-variances."""
        return torch.cat([means, self.log_variance.expand_as(means)], dim=-1)
