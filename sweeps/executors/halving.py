"""Running out of memory halves the stack."""

import gc
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from lightning_modules.training.out_of_memory import is_out_of_memory

__all__ = ["train_in_halves"]

T = TypeVar("T")


def train_in_halves(runs: Sequence[Run], fit: Callable[[Sequence[Run]], Sequence[T]]) -> Iterator[T]:
    """Yield what came of all runs, trained in one stack or, where that runs out of memory, in smaller ones.

    Stacks that follow are no larger than the one that fitted. The results are
    those of one stack: a run does not depend on its neighbours.

    Arguments:
        runs: of one shape.
        fit: trains a stack, and returns what came of each run.

    Raises:
        InvalidInput: if a single run runs out of memory.
    """
    remaining, size = list(runs), len(runs)
    while remaining:
        stack = remaining[:size]
        results = _attempt(stack, fit)
        if results is not None:
            yield from results
            remaining = remaining[size:]
        elif len(stack) == 1:
            raise InvalidInput(_sentence(stack[0]))
        else:
            size = (len(stack) + 1) // 2


def _attempt(stack: Sequence[Run], fit: Callable[[Sequence[Run]], Sequence[T]]) -> Sequence[T] | None:
    """Return the results of a stack, or None if it ran out of memory, all of which is free again."""
    import torch

    try:
        return fit(stack)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    # Not within the handler: the error's traceback holds the tensors of every function that it passed.
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def _sentence(run: Run) -> str:
    from lightning_modules.training.memory import stack_memory

    needed = stack_memory([run]).needed(1, 1) / 2**30
    return (
        f"Memory ran out in run {run.seeds.name} of recipe {run.recipe.hash}, trained alone; it needs about"
        f" {needed:.2g} GiB: use fewer workers, smaller batches, a smaller model or a machine with more memory."
    )
