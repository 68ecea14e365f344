"""Models: frozen descriptions that build ordinary ``torch.nn`` modules; one family a file."""

from lightning_modules.models.cnn import CNN
from lightning_modules.models.fixed_features import FixedFeatures
from lightning_modules.models.frozen import Frozen
from lightning_modules.models.linear import Linear
from lightning_modules.models.logistic_regression import LogisticRegression
from lightning_modules.models.mlp import MLP
from lightning_modules.models.model import Model
from lightning_modules.models.perceptron import Perceptron
from lightning_modules.models.pretrained import Pretrained
from lightning_modules.models.resnet import ResNet
from lightning_modules.models.scalar_network import ScalarNetwork

__all__ = [
    "CNN",
    "MLP",
    "FixedFeatures",
    "Frozen",
    "Linear",
    "LogisticRegression",
    "Model",
    "Perceptron",
    "Pretrained",
    "ResNet",
    "ScalarNetwork",
]
