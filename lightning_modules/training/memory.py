"""How much memory the training of a stack needs, told before it is trained."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run
from lightning_modules.stack.carried import carried
from lightning_modules.stack.dropout import dropout_sites
from lightning_modules.stack.layout import Layout
from lightning_modules.stack.live_bytes import LiveBytes
from lightning_modules.stack.stacked import uncompiled
from lightning_modules.stack.working_set import working_set
from lightning_modules.stopping.never import Never
from lightning_modules.stopping.stopping import Stopping
from lightning_modules.training.build import build
from lightning_modules.training.model_check import unusable
from lightning_modules.training.out_of_memory import is_out_of_memory
from lightning_modules.training.stack_data import evaluation_block, load, part_sizes

__all__ = ["StackMemory", "stack_memory", "step_bytes"]

T = TypeVar("T")

# What Lightning, threads and the allocator take of their own for one fit.
_own = 8 * 2**20
# Numbers, of a model or of a batch, from which on nothing is computed only in order to estimate.
_large = 2**22
# A row's number, a class.
_integer = 8


@dataclass(frozen=True)
class StackMemory:
    """The bytes that a worker needs to train a stack, above those of the program itself.

    Arguments:
        fixed: whatever the stack's size.
        split: for each distinct split among its runs.
        run: for each run.
    """

    fixed: int
    split: int
    run: int

    def needed(self, runs: int, splits: int) -> int:
        """Return the bytes for a stack of so many runs, on so many distinct splits."""
        return self.fixed + splits * self.split + runs * self.run


def stack_memory(runs: Sequence[Run]) -> StackMemory:
    """Return what stacks of these runs need, each run as much as the neediest: they differ in their snapshots.

    Weights, gradients and the optimizer's state, what is kept for the backward
    pass, unfolded images, the data of each split, the snapshots and their
    predictions, which are held until the fit ends, curves, and the best
    weights of early stopping. Under mixed precision activations are counted as
    if they were single.

    Arguments:
        runs: of one shape.

    Raises:
        InvalidInput: if the model or the preprocessing does not fit the data.
    """
    recipe = runs[0].recipe
    dataset, real = load(recipe.data), 8 if recipe.precision == "64-true" else 4
    features = math.prod(recipe.preprocessing.output_shape(dataset.shape))
    sizes = part_sizes(recipe.data, runs[0].seeds.split)
    examples, train = sum(sizes.values()), sizes["train"]
    outputs = recipe.loss.outputs(dataset)
    judged = [size * outputs * real for part, size in sizes.items() if part != "train"]
    steps = -(-train // recipe.batch_size) * recipe.epochs
    kept = max(len(each.snapshot_ends(steps)) + _kept_by(each.stopping) for each in {run.recipe for run in runs})
    step, values = _of_step(recipe)
    parts = {
        "a step": step,
        "snapshots with their predictions": kept * (values * real + sum(judged)),
        # In blocks, put together, and as probabilities.
        "outputs of a part": sum(judged) + 3 * max(judged),
        "rows of the data": examples * _integer,
        "an epoch's order, twice, and targets": train * (2 * _integer + dataset.targets[:1].size * _integer),
        "rates and losses of the steps": steps * (2 * real + 2 * _integer),
        "curves": recipe.epochs * 2 * _integer,
    }
    return StackMemory(
        # The data set as it was loaded, and two copies of a split of it while it is preprocessed.
        fixed=_own + dataset.inputs.nbytes + 2 * examples * max(dataset.inputs[:1].nbytes, features * real),
        split=examples * (features * real + 2 * _integer),
        run=sum(parts.values()),
    )


def step_bytes(recipe: Recipe) -> int:
    """Return the bytes that one run of a recipe touches in a step, float32; see `working_set`.

    Raises:
        InvalidInput: if the model or the preprocessing does not fit the data.
    """

    def count(module: nn.Module, shape: tuple[int, ...]) -> int:
        trained = Layout.of(module).size
        return working_set(module, shape, recipe.batch_size, recipe.optimizer.state_values(trained))

    return _with_module(recipe, count)


def _of_step(recipe: Recipe) -> tuple[int, int]:
    """Return the bytes of one run in a step and in evaluation, and the numbers that a snapshot of it holds."""
    dataset = load(recipe.data)
    dtype = torch.float64 if recipe.precision == "64-true" else torch.float32

    def count(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, int]:
        layout, device = Layout.of(module), next(module.parameters()).device
        model = uncompiled(module, recipe.loss, shape)
        batch = min(recipe.batch_size, len(dataset.targets))
        sites = dropout_sites(module, shape, batch)
        real_targets = dataset.targets.shape[1:] if dataset.task == "regression" else ()
        with LiveBytes() as live, torch.device(device), torch.no_grad():
            weights, gradient = torch.zeros(2, 1, layout.size, dtype=dtype)
            parameters = {**layout.views(weights), **carried([module], dtype)}
            inputs = torch.zeros(1, batch, *shape, dtype=dtype)
            targets = torch.zeros(1, batch, *real_targets, dtype=dtype if real_targets else torch.int64)
            masks = tuple(torch.zeros(1, *site.shape, dtype=dtype) for site in sites)
            model.gradient(parameters, layout.views(gradient), inputs, targets, masks)
            model.forward(parameters, torch.zeros(1, evaluation_block, *shape, dtype=dtype))
        # The optimizer's state, and the result of one operation of its step.
        kept = (recipe.optimizer.state_values(layout.size) + layout.size) * dtype.itemsize
        return live.peak + kept, sum(value.numel() for value in parameters.values())

    return _with_module(recipe, count)


def _with_module(recipe: Recipe, count: Callable[[nn.Module, tuple[int, ...]], T]) -> T:
    """Return what is counted on the recipe's model and the shape of its inputs.

    A large model is looked at on the meta device, where it takes neither
    memory nor time; a small one is really computed, because torch loads its
    compiler to compute without memory. Where one way fails (a module needs
    values, memory is exhausted) the other is taken.
    """
    dataset = load(recipe.data)
    shape = recipe.preprocessing.output_shape(dataset.shape)

    def counted(device: str) -> T:
        return count(_built(recipe, shape, device), shape)

    first, second = ("meta", "cpu") if _is_large(recipe, shape) else ("cpu", "meta")
    try:
        return counted(first)
    except InvalidInput:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model raises is told in one sentence
        try:
            return counted(second)
        except Exception:
            if is_out_of_memory(error):
                raise
            # What went wrong where it was to be tried says more than what went wrong instead.
            raise unusable(recipe.model, shape, error) from error


def _is_large(recipe: Recipe, shape: tuple[int, ...]) -> bool:
    try:
        weights = Layout.of(_built(recipe, shape, "meta")).size
    except InvalidInput:
        raise
    except Exception:  # noqa: BLE001 - it needs values, or cannot be built, which is seen where it is tried
        return False
    return max(weights, recipe.batch_size * math.prod(shape)) > _large


def _built(recipe: Recipe, shape: tuple[int, ...], device: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]), torch.device(device):
        return build(recipe.model, recipe.loss, shape, load(recipe.data))


def _kept_by(stopping: Stopping) -> int:
    """Return how many snapshots' worth early stopping keeps: the best weights, all runs' together, and the snapshot."""
    return 0 if isinstance(stopping, Never) else 3
