"""Whether a constant rate ends on a plateau that rises with the rate, and decays get below it."""

from dataclasses import dataclass

from analysis.estimate import t_interval
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.noise_floor import exponent, plateaus
from analysis.results import StudyResults
from analysis.scores import seeds_in_words
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.component import words
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
        study, seeds = study_checksum(paths), StudyResults.open(paths).budget["report_seeds"]
        found = plateaus(self.recipe, self.rates, self.decays, seeds)
        names, over = [words(type(each).__name__) for each in self.decays], seeds_in_words(len(seeds))
        slopes = exponent(found.rates, found.constant) - 1
        ratios = found.decayed / found.constant[:, -1:]
        estimates = [
            t_interval(slopes.tolist(), "plateau_exponent_less_one", over, "number"),
            *(
                t_interval(own.tolist(), f"plateau_ratio[{name}]", over, "number")
                for name, own in zip(names, ratios.T, strict=True)
            ),
        ]
        from analysis.figures import noise_floor

        with written(paths.landscape) as aside:
            with styled():
                save(noise_floor.draw(found, names), aside, self.name)
            caption = (
                "How far above its least value the training loss of a convex problem ends: at constant rates a mean"
                " over the second half of the training, of decays from the highest rate the end. One dot a report seed."
            )
            said = "; ".join(f"{each.name} {each}" for each in estimates)
            least = float(found.constant.min())
            checks = [f"the lowest plateau is {least:.3g} above the least loss, found by L-BFGS in double precision"]
            write_measured(
                aside,
                self.name,
                {
                    "convex problem": {
                        "rates": list(found.rates),
                        "plateaus": listed(found.constant),
                        "decays": names,
                        "ends": listed(found.decayed),
                        "checks": checks,
                    }
                },
                title="The plateau of a constant rate",
                illustrations=[Illustration(self.name, caption, f"Plateaus over rates. {said}.")],
                study=study,
                estimates=estimates,
            )
