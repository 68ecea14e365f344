"""Pack runs into stacks that fill the workers, and fit their caches and their memory."""

import math
import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from lightning_modules.recipe import Recipe, Run
from sweeps.executors.placement import Placement, anywhere

__all__ = ["pack", "stack_size"]

# Measured on x86 cores with 2 MiB of second-level cache: below, the program's overhead per step is shared by too few
# runs; above, a stack is no faster, and the last stacks of a sweep leave workers idle for longer.
_cache_bytes = 16 * 2**20
_largest = 64
# A GPU has no such cache and is filled by more runs; how many are fastest was not measured.
_largest_on_cuda = 512


def pack(
    runs: Sequence[Run], workers: int, placement: Placement = anywhere, memory: int | None = None
) -> list[tuple[Run, ...]]:
    """Group runs by shape and cut each group into stacks of nearly equal size, a multiple of `workers` where possible.

    How runs are packed changes when they are trained, never what comes out. A
    run that does not fit into the memory alone is a stack of its own, and a
    warning tells of it: the estimate may be too high, and the system may swap.

    Arguments:
        runs: in any order; the order within a shape is kept.
        workers: how many stacks train at the same time.
        placement: where they are trained.
        memory: bytes that a worker may take; None for no limit.
    """
    shapes: dict[object, list[Run]] = {}
    for run in runs:
        shapes.setdefault(run.recipe.shape, []).append(run)
    stacks = []
    for group in shapes.values():
        size = placement.stack_size or (_largest_on_cuda if placement.is_cuda else stack_size(group[0].recipe))
        if memory is not None:
            size = min(size, _fitting(group, size, memory))
        rounds = math.ceil(len(group) / (size * workers))
        count = min(rounds * workers, len(group))
        cuts = [round(index * len(group) / count) for index in range(count + 1)]
        stacks += [tuple(group[start:stop]) for start, stop in pairwise(cuts)]
    return stacks


@lru_cache(maxsize=256)
def stack_size(recipe: Recipe) -> int:
    """Return how many runs of a recipe's shape are trained fastest in one stack on a CPU core.

    Raises:
        InvalidInput: if its model, its loss or its preprocessing does not fit its data.
    """
    from lightning_modules.training.memory import step_bytes
    from lightning_modules.training.stack_data import load

    recipe.loss.check(load(recipe.data))
    return max(1, min(_largest, _cache_bytes // step_bytes(recipe)))


def _fitting(group: Sequence[Run], largest: int, memory: int) -> int:
    """Return how many runs fit into so many bytes, at most `largest` and at least 1."""
    from lightning_modules.training.memory import stack_memory

    needs, splits = stack_memory(group), len({run.seeds.split for run in group})
    for size in range(min(largest, len(group)), 0, -1):
        if needs.needed(size, min(size, splits)) <= memory:
            return size
    warnings.warn(
        f"One run of recipe {group[0].recipe.hash} needs about {needs.needed(1, 1) / 2**30:.2g} GiB, and a worker has"
        f" {max(0, memory) / 2**30:.2g} GiB: it is tried alone; use fewer workers, smaller batches or a smaller model"
        " if it fails.",
        stacklevel=2,
    )
    return 1
