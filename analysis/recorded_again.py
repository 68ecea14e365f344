"""A function without a record of how its value came about: where a gradient asks for it, it is made again."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import grad

__all__ = ["recorded_again"]

Function = Callable[[Tensor, slice], Tensor]


def recorded_again(function: Function, point: Tensor, block: slice) -> Tensor:
    """Return ``function(point, block)``, a scalar, and keep nothing of it but the point.

    It does for ``vmap`` and ``grad`` of ``torch.func``, and for what autograd
    makes of their results, what ``torch.utils.checkpoint`` does for autograd
    alone; its hooks on saved tensors are refused there.

    Arguments:
        function: of a point (parameters,) and of some examples; differentiable in the point.
        point: (parameters,).
        block: of examples.
    """
    found: Tensor = _RecordedAgain.apply(point, function, block)  # type: ignore[no-untyped-call]
    return found


class _RecordedAgain(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(point: Tensor, function: Function, block: slice) -> Tensor:
        return function(point, block)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Function, slice], output: Tensor) -> None:
        point, ctx.function, ctx.block = inputs
        ctx.save_for_backward(point)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        (point,) = ctx.saved_tensors
        return slope * grad(ctx.function)(point, ctx.block), None, None
