"""Augmentation: what is done to training examples anew each time they are seen; one kind a file."""

from lightning_modules.augmentation.augmentation import Augmentation
from lightning_modules.augmentation.no_augmentation import NoAugmentation
from lightning_modules.augmentation.noise import Noise
from lightning_modules.augmentation.several import Several
from lightning_modules.augmentation.shift import Shift

__all__ = [
    "Augmentation",
    "NoAugmentation",
    "Noise",
    "Several",
    "Shift",
]
