"""How much of a surface is evaluated at once, so that it stays within the memory that it may use."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lightning_modules.checks import require_integer
from lightning_modules.stack.working_set import working_set

__all__ = ["AtOnce", "at_once", "block"]

block = 256
"""About as many examples a point is evaluated on at once: they keep the processor busy and fit its cache."""

# Bytes that the points which one thread evaluates at once may touch, however much memory there is: its cache's share.
# Measured: 16 points of a digits MLP, 2 of a digits CNN; three times as many take 18 and 20 % longer.
_cached = 22 * 2**20
# Values that a gradient which is differentiated again keeps, for each that a gradient alone touches.
_recorded_twice = 2
# Values that the loss of an example keeps for each of its outputs, where autograd differentiates it twice.
_of_loss = 8


@dataclass(frozen=True)
class AtOnce:
    """How much is evaluated at once.

    Arguments:
        points: by one thread, on a block of examples.
        examples: in a block.
        recorded: examples whose loss is recorded at once, for a gradient.
        left: bytes that points evaluated at once leave of the memory.
    """

    points: int
    examples: int
    recorded: int
    left: int = 0


def at_once(module: nn.Module, inputs: Tensor, memory: int) -> AtOnce:
    """Return how much of a surface fits into memory, one point and one example at least.

    Arguments:
        module: whose working set is estimated.
        inputs: of all examples, (examples, *shape); what they take themselves does not count.
        memory: bytes, of all threads together.

    Raises:
        InvalidInput: for less than a byte.
    """
    require_integer("The memory in bytes", memory, at_least=1)
    each = memory // torch.get_num_threads()
    # Blocks of equal size: a short last one costs as many calls as the others.
    shape, count = tuple(inputs.shape[1:]), math.ceil(len(inputs) / max(1, round(len(inputs) / block)))
    wide = inputs.element_size() / 4  # the estimate is of single precision
    one, all_of_them = (wide * working_set(module, shape, size) for size in (1, count))
    example = max((all_of_them - one) / max(count - 1, 1), 1.0)
    fixed = max(one - example, 0.0)
    most = min(each, _cached)
    examples = count if all_of_them <= most else min(count, max(1, int((most - fixed) / example)))
    points = max(1, int(most / (fixed + examples * example)))
    with torch.no_grad():
        outputs = module(inputs[:1].to(next(module.parameters()).dtype))
    of_loss = _of_loss * outputs.numel() * inputs.element_size()
    recorded = max(1, int((each - fixed) / (_recorded_twice * example + of_loss)))
    left = memory - torch.get_num_threads() * int(fixed + points * (fixed + examples * example))
    return AtOnce(points, examples, min(recorded, len(inputs)), max(0, left))
