"""Cursive Japanese characters, 28×28 pixels: as large as MNIST and harder."""

from dataclasses import dataclass

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.openml import OpenML

__all__ = ["KMNIST"]


@dataclass(frozen=True)
class KMNIST(Data):
    """70,000 grey-scale images (1, 28, 28) of ten characters, pixel values 0 to 255.

    Fetched from openml.org once, as `OpenML` does; it is split like any other
    data set, so that its customary 10,000 test images are not set apart.

    Raises:
        InvalidInput: on loading, if the data set is not kept and cannot be fetched, or is damaged.

    References:
        | Deep learning for classical Japanese literature (Clanuwat et al., 2018)
        | https://arxiv.org/abs/1812.01718
    """

    def load(self) -> Dataset:
        return OpenML("Kuzushiji-MNIST", version=1, shape=(1, 28, 28)).load()
