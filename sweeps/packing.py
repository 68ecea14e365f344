"""Pack runs into stacks that fill the workers and fit their caches."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from lightning_modules.data.dataset import Data
from lightning_modules.data.preprocessing import Preprocessing
from lightning_modules.losses.loss import Loss
from lightning_modules.models.model import Model
from lightning_modules.recipe import Recipe, Run

__all__ = ["pack", "stack_size"]

# Measured on x86 cores with 2 MiB of second-level cache: below, the program's overhead per step is shared by too few
# runs; above, a stack is no faster, and the last stacks of a sweep leave workers idle for longer.
_cache_bytes = 16 * 2**20
_largest = 64


def pack(runs: Sequence[Run], workers: int) -> list[tuple[Run, ...]]:
    """Group runs by shape and cut each group into stacks of nearly equal size, a multiple of `workers` where possible.

    How runs are packed changes when they are trained, never what comes out.

    Arguments:
        runs: in any order; the order within a shape is kept.
        workers: how many stacks train at the same time.
    """
    shapes: dict[object, list[Run]] = {}
    for run in runs:
        shapes.setdefault(run.recipe.shape, []).append(run)
    stacks = []
    for group in shapes.values():
        rounds = math.ceil(len(group) / (stack_size(group[0].recipe) * workers))
        count = min(rounds * workers, len(group))
        cuts = [round(index * len(group) / count) for index in range(count + 1)]
        stacks += [tuple(group[start:stop]) for start, stop in pairwise(cuts)]
    return stacks


def stack_size(recipe: Recipe) -> int:
    """Return how many runs of a recipe's shape are trained fastest in one stack on a CPU core.

    Raises:
        InvalidInput: if its model, its loss or its preprocessing does not fit its data.
    """
    return _stack_size(recipe.data, recipe.preprocessing, recipe.model, recipe.loss, recipe.batch_size)


@lru_cache(maxsize=256)
def _stack_size(data: Data, preprocessing: Preprocessing, model: Model, loss: Loss, batch_size: int) -> int:
    import torch

    from lightning_modules.stack.working_set import working_set
    from lightning_modules.training.build import build
    from lightning_modules.training.stack_data import load

    dataset = load(data)
    loss.check(dataset)
    shape = preprocessing.output_shape(dataset.shape)
    with torch.random.fork_rng(devices=[]):
        module = build(model, loss, shape, dataset)
    needed = working_set(module, shape, batch_size)
    return max(1, min(_largest, _cache_bytes // needed))
