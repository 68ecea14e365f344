"""Activation functions; one a file."""

from lightning_modules.activations.activation import Activation
from lightning_modules.activations.elu import ELU
from lightning_modules.activations.gelu import GELU
from lightning_modules.activations.identity import Identity
from lightning_modules.activations.leaky_relu import LeakyReLU
from lightning_modules.activations.prelu import PReLU
from lightning_modules.activations.relu import ReLU
from lightning_modules.activations.sigmoid import Sigmoid
from lightning_modules.activations.tanh import Tanh
from lightning_modules.activations.threshold import Threshold

__all__ = [
    "ELU",
    "GELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Tanh",
    "Threshold",
]
