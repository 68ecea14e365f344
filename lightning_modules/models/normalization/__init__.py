"""Normalization layers of convolutional networks; one a file."""

from lightning_modules.models.normalization.batch_normalization import BatchNormalization
from lightning_modules.models.normalization.group_normalization import GroupNormalization
from lightning_modules.models.normalization.normalization import Normalization

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "Normalization",
]
