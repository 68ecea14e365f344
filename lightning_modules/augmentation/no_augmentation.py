"""No augmentation."""

from dataclasses import dataclass

from lightning_modules.augmentation.augmentation import Augmentation

__all__ = ["NoAugmentation"]


@dataclass(frozen=True)
class NoAugmentation(Augmentation):
    """Every example is trained on as it is."""
