"""Parameters that were trained before, which an initializer leaves alone."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["PretrainedParameter", "load_pretrained"]


class PretrainedParameter(nn.Parameter):
    """A parameter whose value is known: a type of its own, so that filling a module with fresh weights sees it."""


def load_pretrained(module: nn.Module, values: Mapping[str, Tensor]) -> int:
    """Put values in the place of a module's parameters and buffers of the same name and shape; return how many.

    Arguments:
        module: its parameters are replaced, tied ones by one and the same.
        values: by name; other names and shapes are left aside.
    """
    replaced: dict[Tensor, PretrainedParameter] = {}
    count = 0
    for name, old in list(module.named_parameters(remove_duplicate=False)):
        value = values.get(name)
        if old not in replaced and value is not None and value.shape == old.shape:
            replaced[old] = PretrainedParameter(value.to(old.dtype, copy=True), old.requires_grad)
            count += 1
    for name, old in list(module.named_parameters(remove_duplicate=False)):
        if old in replaced:
            owner, _, own = name.rpartition(".")
            setattr(module.get_submodule(owner), own, replaced[old])
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            value = values.get(name)
            if value is not None and value.shape == buffer.shape:
                buffer.copy_(value)
                count += 1
    return count
