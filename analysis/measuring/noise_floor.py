"""How `NoiseFloor` is measured."""

from analysis.estimate import t_interval
from analysis.json_numbers import listed
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.measurements.noise_floor import NoiseFloor
from analysis.noise_floor import exponent, plateaus
from analysis.results import StudyResults
from analysis.scores import seeds_in_words
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.component import words
from sweeps.paths import StudyPaths

__all__ = ["measure"]


def measure(asked: NoiseFloor, paths: StudyPaths) -> None:
    """Measure what `NoiseFloor` asks for; see `Measurement.measure`."""
    study, seeds = study_checksum(paths), StudyResults.open(paths).budget["report_seeds"]
    found = plateaus(asked.recipe, asked.rates, asked.decays, seeds)
    names, over = [words(type(each).__name__) for each in asked.decays], seeds_in_words(len(seeds))
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
            save(noise_floor.draw(found, names), aside, asked.name)
        caption = (
            "How far above its least value the training loss of a convex problem ends: at constant rates a mean"
            " over the second half of the training, of decays from the highest rate the end. One dot a report seed."
        )
        said = "; ".join(f"{each.name} {each}" for each in estimates)
        least = float(found.constant.min())
        checks = [f"the lowest plateau is {least:.3g} above the least loss, found by L-BFGS in double precision"]
        write_measured(
            aside,
            asked.name,
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
            illustrations=[Illustration(asked.name, caption, f"Plateaus over rates. {said}.")],
            study=study,
            estimates=estimates,
        )
