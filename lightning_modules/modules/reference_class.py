"""The fixed logit of the first class."""

from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["ReferenceClass"]


class ReferenceClass(nn.Module):
    """Puts a logit of 0 before the others, (batch, classes − 1) → (batch, classes): a softmax sees differences only."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of all classes."""
        return pad(x, (1, 0))
