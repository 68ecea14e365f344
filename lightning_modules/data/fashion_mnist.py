"""Articles of clothing, 28×28 pixels: as large as MNIST and harder."""

from dataclasses import dataclass

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.openml import OpenML

__all__ = ["FashionMNIST"]


@dataclass(frozen=True)
class FashionMNIST(Data):
    """70,000 grey-scale images (1, 28, 28) of ten kinds of clothing, pixel values 0 to 255.

    Fetched from openml.org once, as `OpenML` does; it is split like any other
    data set, so that its customary 10,000 test images are not set apart.

    Raises:
        InvalidInput: on loading, if the data set is not kept and cannot be fetched, or is damaged.

    References:
        | Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms (Xiao et al., 2017)
        | https://arxiv.org/abs/1708.07747
    """

    def load(self) -> Dataset:
        return OpenML("Fashion-MNIST", version=1, shape=(1, 28, 28)).load()
