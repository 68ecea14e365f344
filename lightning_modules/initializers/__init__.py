"""Initial weights; one scheme a file, each stating its variance."""

from lightning_modules.initializers.constant_weights import ConstantWeights
from lightning_modules.initializers.glorot_normal import GlorotNormal
from lightning_modules.initializers.glorot_uniform import GlorotUniform
from lightning_modules.initializers.he_normal import HeNormal
from lightning_modules.initializers.he_uniform import HeUniform
from lightning_modules.initializers.initializer import Initializer
from lightning_modules.initializers.lecun_normal import LecunNormal
from lightning_modules.initializers.lecun_uniform import LecunUniform
from lightning_modules.initializers.misprinted_he import MisprintedHe
from lightning_modules.initializers.normal import Normal
from lightning_modules.initializers.orthogonal import Orthogonal
from lightning_modules.initializers.uniform_fan_in import UniformFanIn
from lightning_modules.initializers.with_bias import WithBias
from lightning_modules.initializers.zero import Zero

__all__ = [
    "ConstantWeights",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "MisprintedHe",
    "Normal",
    "Orthogonal",
    "UniformFanIn",
    "WithBias",
    "Zero",
]
