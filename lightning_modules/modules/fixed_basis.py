"""A hand-made basis as a module."""

from torch import Tensor, nn

from lightning_modules.models.bases.basis import Basis

__all__ = ["FixedBasis"]


class FixedBasis(nn.Module):
    """φ(x) for inputs (batch, inputs): nothing is learned here.

    Arguments:
        basis: φ.
    """

    def __init__(self, basis: Basis) -> None:
        super().__init__()
        self.basis = basis

    def forward(self, x: Tensor) -> Tensor:
        """Return the features, (batch, features)."""
        return self.basis.features(x)
