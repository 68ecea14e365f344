"""Several augmentations, one after the other."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.augmentation.augmentation import Array, Augmentation
from lightning_modules.errors import InvalidInput

__all__ = ["Several"]


@dataclass(frozen=True)
class Several(Augmentation):
    """Augmentations applied in their order, first all before preprocessing, then all after it.

    Arguments:
        augmentations: at least one.

    Raises:
        InvalidInput: for none, or something that is no augmentation.
    """

    augmentations: tuple[Augmentation, ...]

    def __post_init__(self) -> None:
        given = self.augmentations
        if not isinstance(given, tuple) or not given or not all(isinstance(each, Augmentation) for each in given):
            raise InvalidInput(
                f"Several's augmentations are {given!r}: give a tuple of augmentations, such as (Shift(1), Noise(0.1))."
            )

    @property
    def changes_raw(self) -> bool:
        return any(each.changes_raw for each in self.augmentations)

    def before_preprocessing(self, inputs: Array, rng: np.random.Generator) -> Array:
        for each in self.augmentations:
            inputs = each.before_preprocessing(inputs, rng)
        return inputs

    def after_preprocessing(self, inputs: Array, rng: np.random.Generator) -> Array:
        for each in self.augmentations:
            inputs = each.after_preprocessing(inputs, rng)
        return inputs
