"""How `Anytime` is measured."""

import math
from collections.abc import Sequence

import numpy as np

from analysis.estimate import Estimate, t_interval
from analysis.figures.anytime import Course
from analysis.findings import name_of
from analysis.json_numbers import listed
from analysis.labels import quoted
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.measurements.anytime import Anytime
from analysis.results import StudyResults
from analysis.scores import seeds_in_words
from analysis.shown import shown
from analysis.style import colours, save, styled
from analysis.subjects import written
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["measure"]


def measure(asked: Anytime, paths: StudyPaths) -> None:
    """Measure what `Anytime` asks for; see `Measurement.measure`."""
    study = study_checksum(paths)
    results = StudyResults.open(paths)
    shades_of, score = colours(list(results.compared)), results.score
    runs = {
        key: [record for record in each.records.values() if record.diverged_step is None]
        for key, each in results.compared.items()
    }
    courses = {key: course_of(own, score.name) for key, own in runs.items() if own}
    if not courses:
        raise InvalidInput(f"{paths.root} has no confirmed run that converged: run the study to its end first.")
    worth = {
        key: _mean(each, f"anytime_{score.name}[{key}]", len(results.compared[key].records), shown(score).unit)
        for key, each in courses.items()
    }
    from analysis.figures import anytime

    with written(paths.landscape) as aside:
        with styled():
            by_name = {name_of(key): each for key, each in courses.items()}
            its = {name_of(key): shades_of[key] for key in courses}
            save(anytime.draw(by_name, its, score, results.loss_unit), aside, asked.name)
        caption = (
            "The learning rate as each group's best recipe has it, the training loss as a mean over each epoch's"
            f" batches, and validation {score.title}: means over the report seeds with 95 % t-intervals as bands."
        )
        words = "; ".join(f"{quoted(name_of(key))} {each}" for key, each in worth.items())
        write_measured(
            aside,
            asked.name,
            {
                name_of(key): {
                    "training_loss": listed(each.losses.mean(axis=0)),
                    f"validation_{score.name}": listed(each.scores.mean(axis=0)),
                    "checks": _lost(len(results.compared[key].records), len(each.losses)),
                }
                for key, each in courses.items()
            },
            title="At any time",
            illustrations=[Illustration(asked.name, caption, f"Curves by epoch. Means over all epochs: {words}.")],
            study=study,
            estimates=list(worth.values()),
        )


def course_of(records: Sequence[RunRecord], score: str) -> Course:
    """Return how runs of one recipe went.

    Arguments:
        records: that did not diverge.
        score: ``accuracy`` or ``rmse``.
    """
    curves = [record.curves() for record in records]
    epochs = records[0].recipe.epochs
    losses = np.stack([each["train_loss"].astype(np.float64).reshape(epochs, -1).mean(axis=1) for each in curves])
    scores = np.stack([each[f"validation_{score}"].astype(np.float64) for each in curves])
    return Course(records[0].learning_rates(), losses, scores)


def _mean(course: Course, name: str, runs: int, unit: str) -> Estimate:
    values = course.scores.mean(axis=1)
    finite = [float(value) for value in values if math.isfinite(value)]
    over = "; ".join([f"{seeds_in_words(len(finite))}, each the mean over its epochs", *_lost(runs, len(finite))])
    return t_interval(finite, name, over, unit)  # type: ignore[arg-type] # one of the units, by `shown`


def _lost(runs: int, kept: int) -> list[str]:
    return [f"{runs - kept} of {runs} runs diverged and are left out"] if kept < runs else []
