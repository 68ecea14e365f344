"""Write down what the runs of a stack gave, by as many threads as the disk asks for."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["save_all"]

T = TypeVar("T")


def save_all(results: Iterable[T], save: Callable[[T], object]) -> None:
    """Save results one after another, by a second thread too as soon as the disk keeps the first one waiting.

    While one thread waits for a new file the other can write; but where files
    come at once, two threads take twice as long as one: at each of them they
    wait for each other's turn at the interpreter.

    Arguments:
        results: in any order.
        save: may be called by two threads at a time.

    Raises:
        Exception: whatever `save` raises; results that follow may have been saved by then.
    """
    remaining = iter(results)
    passed = worked = 0.0
    for result in remaining:
        start, own = time.perf_counter(), time.thread_time()
        save(result)
        passed, worked = passed + time.perf_counter() - start, worked + time.thread_time() - own
        if passed > 2 * worked:
            break
    with ThreadPoolExecutor(2) as writers:
        deque(writers.map(save, remaining), maxlen=0)
