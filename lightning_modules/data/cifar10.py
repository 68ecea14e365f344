"""Small colour photographs of animals and vehicles."""

from dataclasses import dataclass

from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.data.openml import OpenML

__all__ = ["CIFAR10"]


@dataclass(frozen=True)
class CIFAR10(Data):
    """60,000 colour images (3, 32, 32) of ten kinds of animals and vehicles, pixel values 0 to 255.

    Fetched from openml.org once, as `OpenML` does, which takes minutes and some
    gigabytes of memory; it is split like any other data set, so that its
    customary 10,000 test images are not set apart.

    Raises:
        InvalidInput: on loading, if the data set is not kept and cannot be fetched, or is damaged.

    References:
        | Learning multiple layers of features from tiny images (Krizhevsky, 2009)
        | https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf
    """

    def load(self) -> Dataset:
        return OpenML("CIFAR_10", version=1, shape=(3, 32, 32)).load()
