"""The examples of all runs of a stack, resident on one device."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.split import Split, split
from lightning_modules.data.standardize import Standardizer
from lightning_modules.randomness import stream
from lightning_modules.recipe import Seeds

__all__ = ["Part", "StackData", "parts"]

parts = ("validation", "calibration", "test")
Part = str


@dataclass(frozen=True)
class StackData:
    """One standardised copy of the data set for each split among the runs.

    Arguments:
        inputs: (splits · examples, *shape); a run's rows are those of its split.
        targets: (splits · examples,).
        rows: the rows of each part for each run, (runs, examples of the part).
        order_seeds: the order seed of each run.
        classes: the number of classes.
    """

    inputs: Tensor
    targets: Tensor
    rows: dict[Part, Tensor]
    order_seeds: tuple[int, ...]
    classes: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return tuple(self.inputs.shape[1:])

    @property
    def train_size(self) -> int:
        """Training examples of one run."""
        return self.rows["train"].shape[1]

    @staticmethod
    def of(data: Data, seeds: Sequence[Seeds], dtype: torch.dtype) -> "StackData":
        """Load a data set, split and standardise it for each run.

        Arguments:
            data: what to load.
            seeds: of each run.
            dtype: of the inputs.
        """
        dataset = load(data)
        split_seeds = sorted({each.split for each in seeds})
        splits = {seed: split_of(data, seed) for seed in split_seeds}
        copies = [Standardizer.fit(dataset.inputs[s.train])(dataset.inputs) for s in splits.values()]
        offsets = {seed: index * len(dataset.targets) for index, seed in enumerate(split_seeds)}
        rows = {
            part: torch.from_numpy(
                np.stack([getattr(splits[each.split], part) + offsets[each.split] for each in seeds])
            )
            for part in ("train", *parts)
        }
        return StackData(
            inputs=torch.from_numpy(np.concatenate(copies)).to(dtype),
            targets=torch.from_numpy(np.tile(dataset.targets, len(split_seeds))),
            rows=rows,
            order_seeds=tuple(each.order for each in seeds),
            classes=dataset.classes,
        )

    def to(self, device: torch.device) -> "StackData":
        """Return the same data on a device."""
        rows = {part: rows.to(device) for part, rows in self.rows.items()}
        return StackData(self.inputs.to(device), self.targets.to(device), rows, self.order_seeds, self.classes)

    def epoch_table(self, epoch: int) -> Tensor:
        """Return the training rows of each run in the order of an epoch, (runs, train size).

        A pure function of the order seed and the epoch, so that a run sees the
        same batches whatever it is stacked with and wherever it is resumed.
        """
        rows = self.rows["train"]
        order = np.stack(
            [
                np.random.default_rng(stream("order", seed, epoch)).permutation(rows.shape[1])
                for seed in self.order_seeds
            ]
        )
        return rows.gather(1, torch.from_numpy(order).to(rows.device))

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs (runs, batch, *shape) and targets (runs, batch) of rows (runs, batch)."""
        flat = rows.reshape(-1)
        inputs = self.inputs.index_select(0, flat).unflatten(0, rows.shape)
        return inputs, self.targets.index_select(0, flat).view(rows.shape)

    def keep(self, indices: Sequence[int]) -> "StackData":
        """Return the data of some of the runs."""
        rows = {part: rows[list(indices)] for part, rows in self.rows.items()}
        order_seeds = tuple(self.order_seeds[index] for index in indices)
        return StackData(self.inputs, self.targets, rows, order_seeds, self.classes)


@lru_cache(maxsize=4)
def load(data: Data) -> Dataset:
    """Return the data set, loaded once a process."""
    return data.load()


@lru_cache(maxsize=64)
def split_of(data: Data, seed: int) -> Split:
    """Return the split of a data set by a seed, computed once a process."""
    return split(load(data), seed)
