"""Where the time of a stack's training step goes, by torch's profiler: one thread, the stack that a sweep would make.

First how much of an epoch (after the first, without the profiler) the training steps take; the rest is Lightning and
validation. Then the shares of the steps, by the own time of each operator; between the operators is the interpreter.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytorch_lightning as pl
import torch
from cases import cases, recipe
from torch.profiler import ProfilerActivity, profile, record_function

from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Run, Seeds
from lightning_modules.stack import compiled
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import StackData
from lightning_modules.training.stack_module import StackModule
from sweeps.executors.worker import keep_freed_memory
from sweeps.packing import stack_size

_products = ("aten::bmm", "aten::baddbmm", "aten::baddbmm_")
_interpreter = "interpreter and dispatch"
_compiled = "part:compiled"
_parts = [
    ("part:step", StackModule, "training_step"),
    ("part:data", StackData, "inputs_of"),
    ("part:data", StackData, "targets_of"),
    ("part:optimizer", SGD, "step"),
    (_compiled, compiled, "mean_and_gradient"),
]
# The profiler knows what torch does; the compiled code's own time is its part's.
_interpreted = {name for name, _, _ in _parts} - {_compiled}


class _StepClock(pl.Callback):
    """Seconds in training steps and in all, without the profiler: of the epochs after the first."""

    def __init__(self) -> None:
        self.steps, self.start, self.end, self._began = 0.0, 0.0, 0.0, 0.0

    def on_train_batch_start(self, *_: object) -> None:
        self._began = time.perf_counter()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: object) -> None:
        if trainer.current_epoch > 0:
            self.steps += time.perf_counter() - self._began

    def on_train_epoch_end(self, trainer: pl.Trainer, _: pl.LightningModule) -> None:
        self.end = time.perf_counter()
        self.start = self.start or self.end


def shares(runs: list[Run]) -> dict[str, float]:
    """Return the share of each kind of work in the own time of all operators of the training steps."""
    with ExitStack() as scope:
        for name, owner, attribute in _parts:
            scope.enter_context(mock.patch.object(owner, attribute, _within(name, getattr(owner, attribute))))
        profiler = scope.enter_context(profile(activities=[ProfilerActivity.CPU]))
        fit(runs, accelerator="cpu")
    return _shares(profiler.events())


def _within(name: str, function: Callable[..., object]) -> Callable[..., object]:
    def recorded(*arguments: object) -> object:
        with record_function(name):
            return function(*arguments)

    return recorded


def _shares(events: object) -> dict[str, float]:
    spent: Counter[str] = Counter()
    for event in events:
        part = _part(event)
        if part is not None:
            name = _interpreter if event.name in _interpreted else _kind(event.name, part)
            spent[name] += event.self_cpu_time_total
    whole = sum(spent.values())
    return {name: round(value / whole, 3) for name, value in spent.most_common()}


def _part(event: object) -> str | None:
    """Return the innermost part of a step that an event belongs to, None outside steps."""
    while event is not None:
        if event.name.startswith("part:"):
            return event.name if _in_step(event) else None
        event = event.cpu_parent
    return None


def _in_step(event: object) -> bool:
    while event is not None:
        if event.name == "part:step":
            return True
        event = event.cpu_parent
    return False


def _kind(operator: str, part: str) -> str:
    if part == _compiled:
        return "compiled gradient"
    if part == "part:optimizer":
        return "optimizer"
    if part == "part:data":
        return "data gathering"
    return "batched products" if operator in _products else "elementwise, activation, loss, copies"


def main() -> None:
    """Profile cases and print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=list(cases), nargs="+", default=list(cases))
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    for name in options.case:
        with tempfile.TemporaryDirectory() as folder:
            each = replace(recipe(name, Path(folder)), epochs=options.epochs)
            runs = [Run(each, Seeds(seed, seed, 0)) for seed in range(stack_size(each))]
            clock = _StepClock()
            fit(runs, accelerator="cpu", callbacks=[clock])
            in_steps = clock.steps / (clock.end - clock.start)
            result = {"case": name, "runs": len(runs), "training_steps_of_epoch": round(in_steps, 3)}
            print(json.dumps(result | {"of_a_step": shares(runs)}), flush=True)


if __name__ == "__main__":
    main()
