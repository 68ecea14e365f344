"""A linear layer for all classes but the first."""

import math
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput

if TYPE_CHECKING:
    from torch import nn

__all__ = ["linear_with_reference"]


def linear_with_reference(model: str, shape: tuple[int, ...], outputs: int) -> "nn.Module":
    """Return a module of ``(outputs − 1)(D + 1)`` parameters for D inputs; the first class has the logit 0.

    Arguments:
        model: what it is called in an error.
        shape: of one example.
        outputs: the number of classes.

    Raises:
        InvalidInput: for less than two classes.
    """
    from torch import nn

    from lightning_modules.modules.reference_class import ReferenceClass

    if outputs < 2:
        raise InvalidInput(f"{model} needs two classes or more, and the data ask for {outputs} output: use Linear().")
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), outputs - 1), ReferenceClass())
