"""The ways in which the package can take a stack's steps, each measured inside its own training."""

import time
from collections.abc import Mapping
from dataclasses import replace

import pytorch_lightning as pl

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.stack.stacked import Backend, stacked
from lightning_modules.training.build import build
from lightning_modules.training.fit import fit
from lightning_modules.training.stack_data import load

__all__ = ["backends_for", "stack_rate"]

_backends: Mapping[str, Backend] = {"compiled": "compiled", "chain": "chain", "torch.func": "functional"}


def backends_for(recipe: Recipe) -> list[str]:
    """Return the names, in figures, of the backends that know a recipe's model and loss."""
    return [name for name in _backends if _knows(recipe, _backends[name])]


def _knows(recipe: Recipe, backend: Backend) -> bool:
    dataset = load(recipe.data)
    module = build(recipe.model, recipe.loss, dataset.shape, dataset)
    try:
        stacked(module, recipe.loss, dataset.shape, backend)
    except InvalidInput:
        return False
    return True


class _Clock(pl.Callback):
    """The time at the end of each epoch, after its validation."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.times.append(time.perf_counter())


def stack_rate(recipe: Recipe, backend: str, runs: int, epochs: int) -> float:
    """Return the member-epochs per second of a stack of `runs`, its start and its first epoch excluded.

    Training goes through `fit`, as every training of the package does, and
    validates after each epoch. The runs share one split, as JAX's members do.
    """
    clock = _Clock()
    each = replace(recipe, epochs=epochs + 1)
    stack = [Run(each, Seeds(seed, seed, 0)) for seed in range(runs)]
    fit(stack, accelerator="cpu", backend=_backends[backend], callbacks=[clock])
    return runs * epochs / (clock.times[-1] - clock.times[0])
