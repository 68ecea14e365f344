"""Wines of three growers: the smallest of the real data sets."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.data.dataset import Data, Dataset

__all__ = ["Wine"]


@dataclass(frozen=True)
class Wine(Data):
    """178 wines, inputs (13,) from a chemical analysis, three growers (59, 71 and 48 wines).

    References:
        | Wine (Aeberhard and Forina, 1992), as shipped by scikit-learn
        | https://doi.org/10.24432/C5PC7J
    """

    def load(self) -> Dataset:
        from sklearn.datasets import load_wine

        wines = load_wine()
        return Dataset(wines.data.astype(np.float32), wines.target.astype(np.int64), classes=3)
