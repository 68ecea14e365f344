"""Training objectives; one a file."""

from lightning_modules.losses.binary_cross_entropy import BinaryCrossEntropy
from lightning_modules.losses.cross_entropy import CrossEntropy
from lightning_modules.losses.gaussian_nll import GaussianNLL
from lightning_modules.losses.heteroscedastic_gaussian_nll import HeteroscedasticGaussianNLL
from lightning_modules.losses.hinge import Hinge
from lightning_modules.losses.homoscedastic_gaussian_nll import HomoscedasticGaussianNLL
from lightning_modules.losses.loss import Loss
from lightning_modules.losses.one_hot_squared_error import OneHotSquaredError
from lightning_modules.losses.perceptron_criterion import PerceptronCriterion
from lightning_modules.losses.sigmoid_squared_error import SigmoidSquaredError
from lightning_modules.losses.squared_error import SquaredError

__all__ = [
    "BinaryCrossEntropy",
    "CrossEntropy",
    "GaussianNLL",
    "HeteroscedasticGaussianNLL",
    "Hinge",
    "HomoscedasticGaussianNLL",
    "Loss",
    "OneHotSquaredError",
    "PerceptronCriterion",
    "SigmoidSquaredError",
    "SquaredError",
]
