"""Whether second derivatives are symmetric: of some operations torch's are not."""

import math
from collections.abc import Callable
from itertools import combinations

import torch
from torch import Tensor

from analysis.curvature.probes import rademacher
from lightning_modules.errors import InvalidInput

__all__ = ["require_symmetric"]

_probes = 3


def require_symmetric(product: Callable[[Tensor], Tensor], size: int, dtype: torch.dtype) -> None:
    """Require ``uᵀ H v = vᵀ H u`` for three vectors of random signs, unless a product is not finite.

    The difference has the standard deviation ``‖H − Hᵀ‖``, and a product the
    mean squared length ``‖H‖²``, both by Frobenius, whatever the size. Half of
    the digits have to agree: of right second derivatives all but the last do,
    of torch's for weight_norm hardly one.

    Arguments:
        product: returns ``H v`` for v (parameters,).
        size: parameters.
        dtype: of the vectors and the products.

    Raises:
        InvalidInput: if it does not hold.
    """
    vectors = rademacher(size, 0, 0, _probes).to(dtype)
    products = torch.stack([product(each) for each in vectors]).double()
    if not bool(products.isfinite().all()):
        return
    values = vectors.double() @ products.T
    largest = max(abs(float(values[i, j] - values[j, i])) for i, j in combinations(range(_probes), 2))
    if largest > math.sqrt(torch.finfo(dtype).eps) * float(products.norm(dim=1).max()):
        raise InvalidInput(
            "The Hessian of this model is not symmetric, so the second derivatives of one of its operations are wrong,"
            " as torch's are for weight_norm. Take weight_norm off with"
            " torch.nn.utils.parametrize.remove_parametrizations, which keeps what the model computes, or replace the"
            " operation."
        )
