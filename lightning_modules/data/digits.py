"""Handwritten digits, 8×8 pixels: the real data set that needs no download."""

from dataclasses import dataclass

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
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Dataset(digits.images[:, None].astype(np.float32), digits.target.astype(np.int64), classes=10)
