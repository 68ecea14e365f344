"""All monomials up to a degree."""

import math
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.models.bases.basis import Basis

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Polynomial"]

# Beyond that the features of a few hundred examples no longer fit into memory.
_largest = 100_000


@dataclass(frozen=True)
class Polynomial(Basis):
    """Every product of 1 to `degree` inputs, repetitions included: ``C(inputs + degree, degree) − 1`` features.

    For two inputs and degree 2: ``x₁², x₁x₂, x₁, x₂², x₂``.

    Arguments:
        degree: the largest number of factors; 1 gives the inputs themselves.

    Raises:
        InvalidInput: for a degree below 1, or on building for so many inputs that there are over 100,000 features.
    """

    degree: int = 2

    def __post_init__(self) -> None:
        require_integer("The polynomial's degree", self.degree, at_least=1)

    def size(self, inputs: int) -> int:
        size = math.comb(inputs + self.degree, self.degree) - 1
        if size > _largest:
            raise InvalidInput(
                f"The polynomial of degree {self.degree} has {size} features of {inputs} inputs:"
                " give a lower degree, or fewer inputs by PCA."
            )
        return size

    def features(self, x: "Tensor") -> "Tensor":
        import torch
        from torch.nn.functional import pad

        # With a factor of 1 among the inputs, products of exactly `degree` factors are those of up to `degree`.
        factors = pad(x, (0, 1), value=1.0)
        chosen = list(combinations_with_replacement(range(factors.shape[-1]), self.degree))[:-1]
        first, *rest = torch.tensor(chosen, device=x.device).unbind(dim=1)
        product = factors[..., first]
        for factor in rest:
            product = product * factors[..., factor]
        return product
