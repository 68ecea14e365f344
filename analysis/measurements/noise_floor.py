"""Whether a constant rate ends on a plateau that rises with the rate, and decays get below it."""

from dataclasses import dataclass

from lightning_modules.recipe import Recipe
from lightning_modules.schedules.schedule import Schedule
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["NoiseFloor"]


@dataclass(frozen=True)
class NoiseFloor(Measurement):
    """Trains a convex problem, whose least loss is known, at constant rates and with decays on the report seeds.

    Estimates: ``plateau_exponent_less_one``, the slope of the logarithm of the plateau over that of the rate, minus 1,
    which is 0 where the plateau is proportional to the rate; and ``plateau_ratio[cosine]``, how far above the least
    loss a decay from the highest rate ends, over the plateau of that rate.

    Arguments:
        recipe: of a convex loss, with snapshots.
        rates: constant ones, rising.
        decays: from the highest rate.
    """

    recipe: Recipe
    rates: tuple[float, ...]
    decays: tuple[Schedule, ...]

    @property
    def name(self) -> str:
        return "noise_floor"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.noise_floor import measure

        measure(self, paths)
