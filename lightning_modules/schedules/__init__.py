"""Learning-rate schedules as pure functions of the step; one a file."""

from lightning_modules.schedules.constant import Constant
from lightning_modules.schedules.cosine import Cosine
from lightning_modules.schedules.cosine_restarts import CosineRestarts
from lightning_modules.schedules.cyclic_cosine import CyclicCosine
from lightning_modules.schedules.exponential import Exponential
from lightning_modules.schedules.exponential_triangular import ExponentialTriangular
from lightning_modules.schedules.halving_triangular import HalvingTriangular
from lightning_modules.schedules.inverse_square_root import InverseSquareRoot
from lightning_modules.schedules.linear import Linear
from lightning_modules.schedules.one_cycle import OneCycle
from lightning_modules.schedules.schedule import Schedule
from lightning_modules.schedules.short_cycles import ShortCycles
from lightning_modules.schedules.step import Step
from lightning_modules.schedules.triangular import Triangular
from lightning_modules.schedules.warmup import Warmup

__all__ = [
    "Constant",
    "Cosine",
    "CosineRestarts",
    "CyclicCosine",
    "Exponential",
    "ExponentialTriangular",
    "HalvingTriangular",
    "InverseSquareRoot",
    "Linear",
    "OneCycle",
    "Schedule",
    "ShortCycles",
    "Step",
    "Triangular",
    "Warmup",
]
