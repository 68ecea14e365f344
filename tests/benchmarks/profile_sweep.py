"""Where the processor time of a whole sweep goes, in one process that trains on one thread: one JSON object a case.

Between the training steps and the store lie what every run costs once: its split, its initial weights, its files.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from cases import cases, recipe
from stack_training import ours

from lightning_modules.training import stack_data, stack_module
from lightning_modules.training.stack_module import StackModule
from sweeps.executors.in_process import InProcess
from sweeps.executors.worker import keep_freed_memory
from sweeps.store import RunStore

_parts: list[tuple[str, Any, str]] = [
    ("training steps", StackModule, "training_step"),
    ("validation", StackModule, "validate"),
    ("splits", stack_data, "split"),
    ("initial weights", stack_module, "initial_module"),
    ("writing to the store", RunStore, "save"),
    ("looking into the store", RunStore, "find"),
]


def timed(name: str, function: Callable[..., Any], spent: Counter[str]) -> Callable[..., Any]:
    """Return the function, whose processor time is added to `spent`: of its thread, because two threads write."""

    def wrapped(*arguments: Any, **options: Any) -> Any:
        start = time.thread_time()
        try:
            return function(*arguments, **options)
        finally:
            spent[name] += time.thread_time() - start

    return wrapped


def main() -> None:
    """Profile cases and print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(cases), nargs="+", default=list(cases))
    parser.add_argument("--runs", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    for name in options.case:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as scope:
            each = recipe(name, Path(folder))
            ours(each, 2, InProcess())  # imports and the data set
            stack_data._split.cache_clear()
            spent: Counter[str] = Counter()
            for part, owner, attribute in _parts:
                patched = timed(part, getattr(owner, attribute), spent)
                scope.enter_context(mock.patch.object(owner, attribute, patched))
            start = time.process_time()
            ours(each, options.runs, InProcess())
            whole = time.process_time() - start
        spent["rest: Lightning, orders, preprocessing"] = whole - sum(spent.values())
        result = {"case": name, "runs": options.runs, "processor_seconds": round(whole, 2)}
        shares = {part: round(seconds / whole, 3) for part, seconds in spent.most_common()}
        print(json.dumps(result | {"shares": shares}), flush=True)


if __name__ == "__main__":
    main()
