"""Recognise the modules that this package brings along."""

from torch import nn

from lightning_modules.modules.fixed_basis import FixedBasis
from lightning_modules.modules.padded_shortcut import PaddedShortcut
from lightning_modules.modules.reference_class import ReferenceClass
from lightning_modules.stack.layers import fixed_basis, padded_shortcut, reference_class
from lightning_modules.stack.layers.layer import Layer

__all__ = ["lower_own"]


def lower_own(module: nn.Module, rank: int) -> Layer | None:
    """Return the batched layer of one of the package's own modules, or None if it is not known.

    Arguments:
        module: of exactly a known type: a subclass may compute something else.
        rank: axes of one example: 3 of images, 1 of vectors.
    """
    kind = type(module)
    if isinstance(module, PaddedShortcut) and kind is PaddedShortcut and rank == 3:
        return padded_shortcut.PaddedShortcut(module.stride, module.channels)
    if kind is ReferenceClass and rank == 1:
        return reference_class.ReferenceClass()
    if isinstance(module, FixedBasis) and kind is FixedBasis and rank == 1:
        return fixed_basis.FixedBasis(module.basis)
    return None
