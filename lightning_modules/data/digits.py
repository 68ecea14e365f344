"""Handwritten digits, 8×8 pixels: the real data set that needs no download."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from lightning_modules.data.dataset import Data, Dataset

__all__ = ["Digits"]


@dataclass(frozen=True)
class Digits(Data):
    """1,797 grey-scale images (1, 8, 8) of ten digits, pixel values 0 to 16.

    References:
        | Optical recognition of handwritten digits (Alpaydin and Kaynak, 1998), the test set as shipped by scikit-learn
        | https://doi.org/10.24432/C50P49
    """

    def load(self) -> Dataset:
        table = _table()
        images, classes = table[:, :-1].reshape(-1, 1, 8, 8), table[:, -1]
        return Dataset(images.astype(np.float32), classes.astype(np.int64), classes=10)


def _table() -> np.ndarray:
    """Return a row of 64 pixels and the class for each image.

    The file that scikit-learn carries is read without importing scikit-learn,
    whose 500 modules would take half a second of every worker's start.
    """
    package = find_spec("sklearn")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if file.exists():
        return np.loadtxt(file, delimiter=",")
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.column_stack([digits.data, digits.target])
