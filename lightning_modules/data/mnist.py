"""Handwritten digits, 28×28 pixels."""

from dataclasses import dataclass

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.openml import OpenML

__all__ = ["MNIST"]


@dataclass(frozen=True)
class MNIST(Data):
    """70,000 grey-scale images (1, 28, 28) of ten digits, pixel values 0 to 255.

    Fetched from openml.org once, as `OpenML` does; it is split like any other
    data set, so that its customary 10,000 test images are not set apart.

    Raises:
        InvalidInput: on loading, if the data set is not kept and cannot be fetched, or is damaged.

    References:
        | Gradient-based learning applied to document recognition (LeCun et al., 1998)
        | https://doi.org/10.1109/5.726791
    """

    def load(self) -> Dataset:
        return OpenML("mnist_784", version=1, shape=(1, 28, 28)).load()
