"""Whether a constant rate ends on a plateau that rises with the rate, and decays get below it."""

from dataclasses import dataclass

from lightning_modules.data.diabetes import Diabetes
from lightning_modules.data.whiten import Whiten
from lightning_modules.losses.squared_error import SquaredError
from lightning_modules.models.linear import Linear
from lightning_modules.optimizers.sgd import SGD
from lightning_modules.recipe import Recipe
from lightning_modules.schedules.schedule import Schedule
from sweeps.measurement import Measurement
from sweeps.paths import StudyPaths

__all__ = ["NoiseFloor", "least_squares"]

least_squares = Recipe(
    data=Diabetes(), preprocessing=Whiten(), model=Linear(), loss=SquaredError(), optimizer=SGD(0.1), batch_size=4,
    epochs=40, snapshots=37,
)  # fmt: skip
"""Linear regression of whitened inputs: convex, equally steep in all directions, with much noise in its gradients."""


@dataclass(frozen=True)
class NoiseFloor(Measurement):
    """Trains a convex problem, whose least loss is known, at constant rates and with decays on the report seeds.

    Estimates: ``plateau_exponent_less_one``, the slope of the logarithm of the plateau over that of the rate, minus 1,
    which is 0 where the plateau is proportional to the rate; and ``plateau_ratio[cosine]``, how far above the least
    loss a decay from the highest rate ends, over the plateau of that rate.

    Arguments:
        rates: constant ones, rising.
        decays: from the highest rate.
        recipe: of a convex loss, with snapshots; its learning rate is overwritten.
    """

    rates: tuple[float, ...]
    decays: tuple[Schedule, ...]
    recipe: Recipe = least_squares

    @property
    def name(self) -> str:
        return "noise_floor"

    def measure(self, paths: StudyPaths) -> None:
        # Studies are listed without what measuring takes.
        from analysis.measuring.noise_floor import measure

        measure(self, paths)
