"""How `TrainLoss` is measured."""

from itertools import permutations
from typing import Any

from analysis.estimate import Unit
from analysis.findings import name_of
from analysis.labels import quoted
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.measurements.train_loss import TrainLoss
from analysis.results import StudyResults
from analysis.shown import labelled
from analysis.style import colours, save, styled
from analysis.subjects import written
from analysis.training_losses import by_seed, difference_of, mean_of
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["measure"]


def measure(asked: TrainLoss, paths: StudyPaths) -> None:
    """Measure what `TrainLoss` asks for; see `Measurement.measure`."""
    study = study_checksum(paths)
    results = StudyResults.open(paths)
    shades_of = colours(list(results.compared))
    unit: Unit = "nats" if results.loss_unit == "nats" else "target"
    losses = {key: by_seed(each) for key, each in results.compared.items()}
    means = {key: mean for key, own in losses.items() if (mean := mean_of(own, key, unit)) is not None}
    if not means:
        raise InvalidInput(f"{paths.root} has no confirmed run that converged: run the study to its end first.")
    differences = [
        difference_of(losses[one], losses[other], (one, other), "nats" if unit == "nats" else "target difference")
        for one, other in permutations(means, 2)
    ]
    ordered = sorted(means, key=lambda key: means[key].value)
    values = {name_of(key): [value for value in losses[key].values() if value == value] for key in ordered}
    from analysis.figures import group_dots

    with written(paths.landscape) as aside:
        with styled():
            axis = "log" if min(min(own) for own in values.values()) > 0 else "linear"
            by_name = {name_of(key): means[key] for key in ordered}
            shown = {name_of(key): shades_of[key] for key in ordered}
            title = labelled("training loss of the final network", results.loss_unit)
            save(group_dots.draw(values, by_name, shown, title, axis=axis), aside, asked.name)
        words = "; ".join(f"{quoted(name_of(key))} {means[key]}" for key in ordered)
        caption = (
            "The loss of each run's last network on its whole training set, without penalties. A dot a report"
            " seed, beside them the mean with its 95 % t-interval over the seeds; lower is better."
        )
        write_measured(
            aside,
            asked.name,
            {name_of(key): _found(own) for key, own in losses.items()},
            title="Training loss",
            illustrations=[Illustration(asked.name, caption, f"Training losses. Means: {words}.")],
            study=study,
            estimates=[*means.values(), *(each for each in differences if each is not None)],
        )


def _found(losses: dict[int, float]) -> dict[str, Any]:
    lost = [str(seed) for seed, value in losses.items() if value != value]
    said = [f"{len(lost)} of {len(losses)} runs diverged and are left out (seed {', '.join(lost)})"] if lost else []
    values = [value if value == value else None for value in losses.values()]
    return {"seeds": list(losses), "training_loss": values, "checks": said}
