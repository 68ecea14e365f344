"""The stacked form of a hand-made basis."""

from torch import Tensor
from torch.func import vjp

from lightning_modules.models.bases.basis import Basis
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.stacked import Parameters

__all__ = ["FixedBasis"]


class FixedBasis(Layer):
    """φ(x): (runs, inputs, batch) → (runs, features, batch).

    Arguments:
        basis: φ.
    """

    def __init__(self, basis: Basis) -> None:
        self._basis = basis

    def forward(self, parameters: Parameters, x: Tensor) -> Tensor:
        return self._features(x).contiguous()

    def input_gradient(self, parameters: Parameters, x: Tensor, y: Tensor, upstream: Tensor) -> Tensor:
        # Behind learned layers only, where nobody puts a basis so far: torch knows its derivative.
        gradient: Tensor = vjp(self._features, x)[1](upstream)[0]
        return gradient.contiguous()

    def _features(self, x: Tensor) -> Tensor:
        return self._basis.features(x.mT).mT
