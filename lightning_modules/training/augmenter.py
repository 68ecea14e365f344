"""Augmentation of the batches of a stack, each run by its own rule and from its own stream."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from lightning_modules.augmentation.augmentation import Augmentation
from lightning_modules.augmentation.no_augmentation import NoAugmentation
from lightning_modules.data.dataset import Data
from lightning_modules.randomness import stream
from lightning_modules.training.stack_data import StackData, load

__all__ = ["Augmenter"]


@dataclass(frozen=True)
class Augmenter:
    """Changes the inputs of each run's batch.

    What happens to a run's examples is a pure function of its order seed, the
    epoch and the step.

    Arguments:
        augmentations: of each active run.
        source: the data set whose raw examples are looked up.
    """

    augmentations: tuple[Augmentation, ...]
    source: Data

    def apply(self, inputs: Tensor, rows: Tensor, data: StackData, epoch: int, step: int) -> Tensor:
        """Return the augmented inputs of a step, (runs, batch, *shape).

        Arguments:
            inputs: of the batch, preprocessed, (runs, batch, *shape).
            rows: where they lie in the data, (runs, batch).
            data: of the active runs.
            epoch: counted from 0.
            step: counted within the epoch.
        """
        if self._changes_nothing:
            return inputs
        result = inputs.cpu().numpy().copy()
        places = rows.cpu().numpy()
        for index, augmentation in enumerate(self.augmentations):
            if isinstance(augmentation, NoAugmentation):
                continue
            rng = np.random.default_rng(stream("augmentation", data.order_seeds[index], epoch, step))
            own = result[index].astype(np.float32)
            if augmentation.changes_raw:
                raw = load(self.source).inputs[data.sources[places[index]]]
                transform = data.transforms[places[index, 0] // data.examples_per_split]
                own = transform(augmentation.before_preprocessing(raw, rng))
            result[index] = augmentation.after_preprocessing(own, rng)
        return torch.from_numpy(result).to(inputs.device)

    @cached_property
    def _changes_nothing(self) -> bool:
        return all(isinstance(each, NoAugmentation) for each in self.augmentations)

    def keep(self, indices: list[int]) -> "Augmenter":
        """Return the augmenter of some of the runs."""
        return Augmenter(tuple(self.augmentations[index] for index in indices), self.source)
