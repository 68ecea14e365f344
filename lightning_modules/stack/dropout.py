"""Dropout in a stack: each run's masks come from its own stream, whatever module asks for them.

A module drops units by ``nn.Dropout``, by ``functional.dropout``, or within
attention. All of these are the same few functions of torch, so they are
intercepted there: once, to learn at which places (sites) a module drops what
shape, and then in every step, to multiply by masks that were drawn outside.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from lightning_modules.errors import InvalidInput
from lightning_modules.stack.mixed import widened

__all__ = ["Dropping", "Site", "dropout_sites"]

_elementwise = (functional.dropout, torch.dropout)
# These drop whole channels: one number for each example and channel.
_by_channel = (functional.dropout1d, functional.dropout2d, functional.dropout3d, torch.feature_dropout)
_attention = functional.scaled_dot_product_attention
_refused = (functional.alpha_dropout, functional.feature_alpha_dropout)


@dataclass(frozen=True)
class Site:
    """A place where a module drops units.

    Arguments:
        shape: of the mask for one batch of one run.
        rate: the fraction dropped.
    """

    shape: tuple[int, ...]
    rate: float

    @property
    def size(self) -> int:
        """Numbers in the mask."""
        return math.prod(self.shape)


class Dropping(TorchFunctionMode):
    """While entered, every dropout multiplies by the mask that `mask` returns for its shape and rate."""

    def __init__(self, mask: Callable[[tuple[int, ...], float], Tensor | None]) -> None:
        super().__init__()
        self._mask = mask

    @staticmethod
    def of(masks: Iterable[Tensor]) -> "Dropping":
        """Return the mode that hands out these masks in turn; without any nothing is dropped."""
        remaining = iter(masks)
        return Dropping(lambda shape, rate: next(remaining, None))

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Call a function of torch, or do its dropout here."""
        kwargs = dict(kwargs or {})
        if func in _elementwise or func in _by_channel:
            return self._drop(func in _by_channel, *args, **kwargs)
        if func is _attention:
            return self._attend(*args, **kwargs)
        if func in _refused and (args[2] if len(args) > 2 else kwargs.get("training", True)):
            raise InvalidInput("The model uses alpha dropout, which a stack does not carry: use nn.Dropout.")
        if isinstance(func, FunctionType) and func.__globals__ is vars(functional):
            with self:
                return _transparent(func)(*args, **kwargs)
        return func(*widened(func, args), **kwargs)

    # Here and below the arguments are torch's own, by their names.
    def _drop(
        self,
        by_channel: bool,
        input: Tensor,  # noqa: A002
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> Tensor:
        if not training or p == 0:
            return input
        whole = tuple(input.shape)
        mask = self._mask((*whole[:2], *[1] * (len(whole) - 2)) if by_channel else whole, p)
        return input if mask is None else input * mask

    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        *,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        """Return scaled dot-product attention step by step: torch's fused kernels know neither masks nor vmap."""
        if enable_gqa:
            raise InvalidInput("The model uses grouped-query attention, which a stack does not know: repeat the keys.")
        scores = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
        if is_causal:
            scores = scores.masked_fill(~torch.ones_like(scores, dtype=torch.bool).tril(), -torch.inf)
        if attn_mask is not None:
            forbids = attn_mask.dtype == torch.bool
            scores = scores.masked_fill(~attn_mask, -torch.inf) if forbids else scores + attn_mask
        return self._drop(False, scores.softmax(dim=-1), dropout_p) @ value


@cache
def _transparent(function: FunctionType) -> FunctionType:
    """Return a function of ``torch.nn.functional`` whose own calls are intercepted in its place.

    Multi-head attention is one function that drops units in its middle; as a whole it would be intercepted only once.
    """
    names = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")
    own = {**function.__globals__, **{name: lambda *_: False for name in names}}
    copy = FunctionType(function.__code__, own, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def dropout_sites(module: nn.Module, shape: tuple[int, ...], batch: int) -> tuple[Site, ...]:
    """Return where a module drops units in training, in the order of its computation.

    The module is run once, on zeros; what it keeps is put back.

    Arguments:
        module: any module.
        shape: of one example.
        batch: examples in a step.
    """
    sites: list[Site] = []

    def note(shape: tuple[int, ...], rate: float) -> None:
        sites.append(Site(shape, rate))

    trained_in, kept = module.training, {name: value.clone() for name, value in module.named_buffers()}
    reference = next(module.parameters())
    try:
        with torch.no_grad(), Dropping(note):
            module.train()(torch.zeros(batch, *shape, dtype=reference.dtype, device=reference.device))
    finally:
        module.train(trained_in)
        with torch.no_grad():
            for name, value in module.named_buffers():
                value.copy_(kept[name])
    return tuple(sites)
