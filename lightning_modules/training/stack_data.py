"""The examples of all runs of a stack, resident on one device."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lightning_modules.data.dataset import Data, Dataset, Examples
from lightning_modules.data.preprocessing import Preprocessing, Transform
from lightning_modules.data.split import Split, split
from lightning_modules.randomness import stream
from lightning_modules.recipe import Seeds

__all__ = ["Part", "StackData", "evaluation_block", "load", "part_sizes", "parts", "split_of"]

parts = ("validation", "calibration", "test")
Part = str

# Examples of one run evaluated at once: enough to keep the processor busy, few enough to stay in its cache.
evaluation_block = 128


@dataclass(frozen=True)
class StackData:
    """One preprocessed copy of the data for each split among the runs, its parts one after another.

    Arguments:
        inputs: (splits · examples, *shape), the examples that are in some part; a run's rows are those of its split.
        targets: (splits · examples,) classes or (splits · examples, outputs) real numbers; in training as the
            data's wrappers have them.
        rows: the rows of each part for each run, (runs, examples of the part).
        order_seeds: the order seed of each run.
        sources: the place of each row's example in the data set, (splits · examples,).
        transforms: the preprocessing fitted on each split.
    """

    inputs: Tensor
    targets: Tensor
    rows: dict[Part, Tensor]
    order_seeds: tuple[int, ...]
    sources: npt.NDArray[np.int64]
    transforms: tuple[Transform, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return tuple(self.inputs.shape[1:])

    @property
    def train_size(self) -> int:
        """Training examples of one run."""
        return self.rows["train"].shape[1]

    @property
    def examples_per_split(self) -> int:
        """Rows of one split."""
        return len(self.inputs) // len(self.transforms)

    @staticmethod
    def of(data: Data, preprocessing: Preprocessing, seeds: Sequence[Seeds], dtype: torch.dtype) -> "StackData":
        """Load a data set, split and preprocess it for each run.

        Arguments:
            data: what to load.
            preprocessing: fitted on what each run trains on.
            seeds: of each run.
            dtype: of the inputs.

        Raises:
            InvalidInput: if the data set cannot be loaded, split or preprocessed.
        """
        dataset = load(data)
        splits = sorted({each.split for each in seeds})
        divided = [_divide(data, dataset, seed) for seed in splits]
        sizes = {part: len(examples.rows) for part, examples in divided[0].items()}
        count = sum(sizes.values())
        inputs = torch.empty((len(splits) * count, *preprocessing.output_shape(dataset.shape)), dtype=dtype)
        used = [np.concatenate([examples.rows for examples in division.values()]) for division in divided]
        transforms: list[Transform] = []
        for copy, own in zip(inputs.split(count), used, strict=True):
            chosen = dataset.inputs[own]
            transforms.append(preprocessing.fit(chosen[: sizes["train"]]))
            copy.copy_(torch.from_numpy(transforms[-1](chosen)))
        targets = torch.from_numpy(
            np.concatenate([examples.targets for division in divided for examples in division.values()])
        )
        first = torch.tensor([[splits.index(each.split) * count] for each in seeds])
        rows = (first + torch.arange(count)).split(list(sizes.values()), dim=1)
        return StackData(
            inputs=inputs,
            targets=targets.to(dtype) if dataset.task == "regression" else targets,
            rows=dict(zip(sizes, rows, strict=True)),
            order_seeds=tuple(each.order for each in seeds),
            sources=np.concatenate(used),
            transforms=tuple(transforms),
        )

    def to(self, device: torch.device) -> "StackData":
        """Return the same data on a device."""
        rows = {part: rows.to(device) for part, rows in self.rows.items()}
        return replace(self, inputs=self.inputs.to(device), targets=self.targets.to(device), rows=rows)

    def epoch_table(self, epoch: int) -> Tensor:
        """Return the training rows of each run in the order of an epoch, (runs, train size).

        A pure function of the order seed and the epoch, so that a run sees the
        same batches whatever it is stacked with and wherever it is resumed.
        """
        rows = self.rows["train"]
        order = rows.cpu().numpy().copy()
        for own, seed in zip(order, self.order_seeds, strict=True):
            # What `default_rng` makes, without its looking at what it is given.
            np.random.Generator(np.random.PCG64(stream("order", seed, epoch))).shuffle(own)
        return torch.from_numpy(order).to(rows.device)

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inputs (runs, batch, *shape) and targets (runs, batch, …) of rows (runs, batch)."""
        return self.inputs_of(rows), self.targets_of(rows)

    def inputs_of(self, rows: Tensor) -> Tensor:
        """Return the inputs (…, *shape) of rows (…,)."""
        inputs = self.inputs.index_select(0, rows.reshape(-1))
        return inputs.view(rows.shape + inputs.shape[1:])

    def targets_of(self, rows: Tensor) -> Tensor:
        """Return the targets (…, outputs), or (…,) if they are classes, of rows (…,)."""
        targets = self.targets.index_select(0, rows.reshape(-1))
        return targets.view(rows.shape + targets.shape[1:])

    def keep(self, indices: Sequence[int]) -> "StackData":
        """Return the data of some of the runs."""
        rows = {part: rows[list(indices)] for part, rows in self.rows.items()}
        order_seeds = tuple(self.order_seeds[index] for index in indices)
        return replace(self, rows=rows, order_seeds=order_seeds)


def load(data: Data) -> Dataset:
    """Return the data set, loaded once a process however it is wrapped."""
    return _load(data.source)


def split_of(data: Data, seed: int) -> Split:
    """Return the split of a data set by a seed, before its wrappers; computed once a process."""
    return _split(data.source, seed)


def part_sizes(data: Data, seed: int) -> dict[Part, int]:
    """Return how many examples each part has for a split seed, the training part first."""
    return {part: len(examples.rows) for part, examples in _divide(data, load(data), seed).items()}


# The largest data sets take most of a gigabyte: a study that goes through many of them must not keep them all.
@lru_cache(maxsize=2)
def _load(source: Data) -> Dataset:
    return source.load()


@lru_cache(maxsize=64)
def _split(source: Data, seed: int) -> Split:
    return split(_load(source), seed)


def _divide(data: Data, dataset: Dataset, seed: int) -> dict[Part, Examples]:
    """Return the examples of each part, after the data's wrappers."""
    rows = {part: getattr(split_of(data, seed), part) for part in ("train", *parts)}
    examples = {part: Examples(own, dataset.targets[own]) for part, own in rows.items()}
    return examples | {"train": data.training(examples["train"], dataset, seed)}
