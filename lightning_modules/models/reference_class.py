"""A linear layer for all classes but the first."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["linear_with_reference"]


def linear_with_reference(shape: tuple[int, ...], outputs: int) -> "nn.Module":
    """Return a module of ``(outputs − 1)(D + 1)`` parameters for D inputs; the first class has the logit 0.

    A loss of two classes that asks for a single output takes it for the logit
    of the second: the same D + 1 parameters.

    Arguments:
        shape: of one example.
        outputs: the number of classes, or 1.
    """
    from torch import nn

    from lightning_modules.modules.reference_class import ReferenceClass

    if outputs == 1:
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), 1))
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), outputs - 1), ReferenceClass())
