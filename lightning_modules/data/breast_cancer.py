"""Breast tumours, benign or malignant: a small real problem with features of very different units."""

from dataclasses import dataclass

import numpy as np

from lightning_modules.data.dataset import Data, Dataset

__all__ = ["BreastCancer"]


@dataclass(frozen=True)
class BreastCancer(Data):
    """569 tumours, inputs (30,) measured on cell nuclei, class 0 malignant (212) and class 1 benign (357).

    Ten measures (radius, texture, …), each as mean, standard error and worst
    value: their standard deviations lie between 0.0026 and 569.

    References:
        | Nuclear feature extraction for breast tumor diagnosis (Street et al., 1993), as shipped by scikit-learn
        | https://doi.org/10.24432/C5DW2B
    """

    def load(self) -> Dataset:
        from sklearn.datasets import load_breast_cancer

        tumours = load_breast_cancer()
        return Dataset(tumours.data.astype(np.float32), tumours.target.astype(np.int64), classes=2)
