"""Which chains of layers have a compiled gradient."""

from collections.abc import Sequence
from itertools import dropwhile

from lightning_modules.stack.layers.flatten import Flatten
from lightning_modules.stack.layers.layer import Layer
from lightning_modules.stack.layers.linear import Linear
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.lower_activation import ReLU

__all__ = ["is_compilable"]

# Measured: with layers of 384 units it gains 4 to 13 %, with 784 inputs large stacks lose up to a tenth.
_widest = 256


def is_compilable(layers: Sequence[Layer], layout: Layout) -> bool:
    """Return whether layers are linear ones with ReLUs between them, none of them wide.

    Arguments:
        layers: of a chain.
        layout: of their parameters.
    """
    kinds = [type(layer) for layer in dropwhile(lambda layer: isinstance(layer, Flatten), layers)]
    alternate = all(kind is (ReLU if index % 2 else Linear) for index, kind in enumerate(kinds)) and len(kinds) % 2 == 1
    return alternate and max(width for shape in layout.shapes.values() for width in shape) <= _widest
