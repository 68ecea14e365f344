"""What optimizers share that use the whole Hessian: how large it may be, and solving with it run by run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput
from lightning_modules.optimizers.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["directions", "require_few_parameters"]

_most_parameters = 5000
# Of the Hessians that exist at one time.
_bytes = 2**28
# LAPACK's bits depend on where in a cache line a matrix begins, and a run's bits must not depend on its neighbours.
_multiple = 16


def require_few_parameters(name: str, weights: "Tensor") -> None:
    """Raise `InvalidInput` if a Hessian of weights (runs, parameters) is too large to be solved with."""
    parameters = weights.shape[1]
    if parameters > _most_parameters:
        raise InvalidInput(
            f"{name} solves with a matrix of parameters × parameters, and the model has {parameters:,} parameters:"
            f" give it a model of at most {_most_parameters:,}, or use LBFGS."
        )


def directions(
    objective: Objective,
    weights: "Tensor",
    gradient: "Tensor",
    solve: "Callable[[Tensor, Tensor, Tensor], Tensor]",
) -> "Tensor":
    """Return what `solve` makes of each run's Hessian and gradient, (runs, parameters), for as many runs as fit.

    Arguments:
        objective: gives the Hessians.
        weights: (runs, parameters).
        gradient: (runs, parameters).
        solve: takes finite Hessians (rows, size, size), gradients (rows, size) and the places of their runs (rows,);
            the size is that of the parameters or a little more, filled up with zeros. A run whose Hessian is not
            finite is given zeros and ends without a number.
    """
    import torch
    from torch.nn.functional import pad

    parameters = weights.shape[1]
    more = -parameters % _multiple
    runs = torch.arange(len(weights), device=weights.device)
    at_once = max(1, _bytes // (weights.element_size() * parameters**2))
    blocks = []
    for rows in runs.split(at_once):
        hessian = objective.hessian(weights[rows], rows)
        finite = hessian.isfinite().all(dim=(1, 2))[:, None]
        hessian.masked_fill_(~finite[:, None], 0)
        solved = solve(pad(hessian, (0, more, 0, more)), pad(gradient[rows], (0, more)), rows)[:, :parameters]
        blocks.append(solved.masked_fill_(~finite, torch.nan))
    return torch.cat(blocks)
