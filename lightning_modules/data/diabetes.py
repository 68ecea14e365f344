"""The course of diabetes: a small real regression problem with much noise."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.data.dataset import Data, Dataset

__all__ = ["Diabetes"]


@dataclass(frozen=True)
class Diabetes(Data):
    """442 patients, inputs (10,) in the units they were measured in, one target: progression after a year, 25 to 346.

    References:
        | Least angle regression (Efron, Hastie, Johnstone and Tibshirani, 2004), as shipped by scikit-learn
        | https://doi.org/10.1214/009053604000000067
    """

    def load(self) -> Dataset:
        from sklearn.datasets import load_diabetes

        patients = load_diabetes(scaled=False)
        return Dataset(patients.data.astype(np.float32), patients.target[:, None].astype(np.float32), classes=None)
