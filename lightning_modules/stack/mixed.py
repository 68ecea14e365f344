"""Mixed precision: gradients by products of lower precision, everything else as it was."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Tensor

from lightning_modules.stack.stacked import Parameters, Stacked

__all__ = ["Mixed", "full_precision", "widened"]

F = TypeVar("F", bound=Callable[..., Any])

_normalizations = (torch.batch_norm, torch.instance_norm, torch.layer_norm, torch.group_norm)


class Mixed(Stacked):
    """Computes gradients under ``torch.autocast``; outputs in evaluation keep the precision of the weights.

    Weights, gradients, losses and what the optimizer keeps stay in single
    precision: only the products lose digits, and only in training.

    Arguments:
        full: the same model in single precision.
        dtype: of the products.

    References:
        | Mixed precision training (Micikevicius et al., 2018)
        | https://arxiv.org/abs/1710.03740
    """

    def __init__(self, full: Stacked, dtype: torch.dtype) -> None:
        self._full, self._dtype = full, dtype

    def forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        return self._full.forward(parameters, inputs)

    def training_forward(self, parameters: Parameters, inputs: Tensor) -> Tensor:
        return self._full.training_forward(parameters, inputs)

    def gradient(
        self,
        parameters: Parameters,
        gradients: Parameters,
        inputs: Tensor,
        targets: Tensor,
        masks: Sequence[Tensor] = (),
    ) -> Tensor:
        # Without the cache: it would keep what the weights were until the context is left.
        with torch.autocast(inputs.device.type, self._dtype, cache_enabled=False):
            return self._full.gradient(parameters, gradients, inputs, targets, masks)


def full_precision(method: F) -> F:
    """Return a LightningModule's method without the autocast that Lightning calls it under.

    Lightning would lower the optimizer's products and every measurement as well.
    """

    @wraps(method)
    def called(self: Any, *arguments: Any) -> Any:
        with torch.autocast(self.device.type, enabled=False):
            return method(self, *arguments)

    return called  # type: ignore[return-value]


def widened(function: Callable[..., Any], arguments: Sequence[Any]) -> Sequence[Any]:
    """Return the arguments of a function of torch, in single precision what a normalization under autocast is given.

    Statistics need the digits; and mapped over runs, torch's normalizations on
    the CPU refuse an input of fewer digits than their weights.
    """
    if function in _normalizations and arguments[0].dtype == torch.bfloat16:
        return (arguments[0].float(), *arguments[1:])
    return arguments
