"""The batches of all runs of a stack, step by step, with all that is random in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lightning_modules.recipe import Run
from lightning_modules.stack.dropout import Site, dropout_sites
from lightning_modules.training.augmenter import Augmenter
from lightning_modules.training.masks import MaskStream
from lightning_modules.training.segments import Segment
from lightning_modules.training.stack_data import StackData

__all__ = ["Batch", "Batches", "batch_sizes"]


class Batch(NamedTuple):
    """One step's examples of every run.

    Arguments:
        inputs: (runs, batch, *shape).
        targets: (runs, batch, …).
        masks: what each dropout multiplies by, (runs, *shape of the site).
    """

    inputs: Tensor
    targets: Tensor
    masks: tuple[Tensor, ...]


@dataclass(frozen=True)
class Batches:
    """Makes the batches of the active runs.

    Arguments:
        augmenter: changes what is trained on.
        size: examples of one run in a step.
        sites: where each run drops units in a whole batch.
        last_sites: and where in the last batch of an epoch, which may be smaller.
    """

    augmenter: Augmenter
    size: int
    sites: tuple[tuple[Site, ...], ...]
    last_sites: tuple[Site, ...]

    @staticmethod
    def of(runs: Sequence[Run], modules: Sequence[nn.Module], data: StackData) -> "Batches":
        """Return the batches of runs of one shape.

        Arguments:
            runs: of one shape.
            modules: of each run.
            data: of the runs.
        """
        recipe = runs[0].recipe
        whole, last = batch_sizes(recipe.batch_size, data.train_size)
        # Runs of equal models drop at the same sites, and most stacks have one model.
        of_model = {run.recipe.model: module for run, module in zip(runs, modules, strict=True)}
        sites = {model: dropout_sites(module, data.shape, whole) for model, module in of_model.items()}
        return Batches(
            augmenter=Augmenter(tuple(run.recipe.augmentation for run in runs), recipe.data),
            size=recipe.batch_size,
            sites=tuple(sites[run.recipe.model] for run in runs),
            last_sites=dropout_sites(modules[0], data.shape, last),
        )

    def of_segment(self, segment: Segment, data: StackData, dtype: torch.dtype) -> Iterator[Batch]:
        """Yield the batches of a segment's steps.

        Arguments:
            segment: consecutive steps of one epoch.
            data: of the active runs.
            dtype: of the masks.
        """
        steps = -(-data.train_size // self.size)
        first, stop = (step - segment.epoch * steps for step in (segment.start, segment.stop))
        masks = MaskStream(self.sites, data.order_seeds, segment.epoch, first) if self.last_sites else None
        examples = _by_step(data, data.epoch_table(segment.epoch)[:, first * self.size : stop * self.size], self.size)
        for step, (rows, targets) in enumerate(examples, first):
            inputs = self.augmenter.apply(data.inputs_of(rows), rows, data, segment.epoch, step)
            sites = self.last_sites if step == steps - 1 else self.sites[0]
            yield Batch(inputs, targets, masks.masks(sites, dtype, inputs.device) if masks else ())

    def keep(self, indices: list[int]) -> "Batches":
        """Return the batches of some of the runs."""
        sites = tuple(self.sites[index] for index in indices)
        return replace(self, augmenter=self.augmenter.keep(indices), sites=sites)


def _by_step(data: StackData, table: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each step's rows (runs, batch) and targets (runs, batch, …), out of the rows of all steps (runs, rows).

    They are laid out step by step all at once: to copy a step's columns out of
    the table takes a small network as long as a layer.
    """
    whole = table.shape[1] // size * size
    for part in (table[:, :whole], table[:, whole:]):
        if part.shape[1]:
            rows = part.unflatten(1, (-1, min(size, part.shape[1]))).transpose(0, 1).contiguous()
            targets = data.targets_of(rows)
            # Not by iteration: torch would make a view for every step of the epoch at once.
            for step in range(len(rows)):
                yield rows[step], targets[step]


def batch_sizes(size: int, examples: int) -> tuple[int, int]:
    """Return the examples in a whole batch and in an epoch's last."""
    return min(size, examples), examples % size or min(size, examples)
