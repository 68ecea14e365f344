"""What a study looks like in a tracker: pure functions from records to descriptions of runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sweeps.files import checksum
from sweeps.measured_sharpness import Sharpness
from sweeps.mirrored_run import Curves, MirroredRun, Predictions, Rows, digest_of
from sweeps.record import RunRecord

__all__ = ["confirmed_run", "search_run", "search_trial", "study_run"]

_longest_tag = 64  # W&B refuses a longer one
_curves, _predictions = "curves.safetensors", "predictions.safetensors"


def search_trial(study: str, number: int, records: Sequence[RunRecord], objective: float) -> MirroredRun:
    """Describe a trial of the search: one recipe, its mean curves, and a table with a row for each of its seeds.

    Arguments:
        study: its name.
        number: the trial's.
        records: of all its seeds, at least one.
        objective: what the search was told.
    """
    recipe = records[0].recipe
    ordered = sorted(records, key=lambda record: tuple(vars(record.seeds).values()))
    told = (f"validation_{records[0].score.name}", "validation_loss", "train_loss")
    rows = [
        vars(record.seeds) | {name: record.metrics.get(name) for name in told} | {"diverged_step": record.diverged_step}
        for record in ordered
    ]
    diverged = sum(record.diverged_step is not None for record in records)
    return MirroredRun(
        key=(study, recipe.hash, f"trial {number}"),
        name=f"trial {number}",
        group=recipe.hash,
        job_type="search",
        tags=(_tag(study),),
        config={
            "study": study,
            "trial": number,
            "recipe": recipe.to_json(),
            "seeds": [dict(vars(record.seeds)) for record in ordered],
        },
        curves=_curves_of(ordered),
        numbers={"objective": objective, "runs": len(records), "diverged": diverged},
        tables={"seeds": rows},
    )


def search_run(study: str, record: RunRecord) -> MirroredRun:
    """Describe one run of the search by itself.

    Arguments:
        study: its name.
        record: of the run.
    """
    return _trained_run(study, record, "search", (study, "search"), {})


def confirmed_run(study: str, record: RunRecord, groups: Sequence[str], sharpness: Sharpness) -> MirroredRun:
    """Describe a confirmed run: its curves, its final metrics and its snapshots.

    Arguments:
        study: its name.
        record: of the run.
        groups: labels of the groups that its recipe stands for.
        sharpness: what was measured of the study's runs.
    """
    return _trained_run(study, record, "confirm", (study, *groups), sharpness)


def study_run(
    study: str,
    results: Mapping[str, Any],
    tables: Mapping[str, Rows],
    figures: Sequence[Path],
    artifacts: Mapping[str, Sequence[Path]],
) -> MirroredRun:
    """Describe a study's results: what ``results.json`` says, its tables, its figures and its files.

    Arguments:
        study: its name.
        results: plain JSON data.
        tables: rows by the table's name.
        figures: image or SVG files.
        artifacts: files by the name of what they are together.
    """
    return MirroredRun(
        key=(study, "study"),
        name=study,
        group=study,
        job_type="study",
        tags=(_tag(study),),
        config={"study": study},
        numbers=dict(results),
        tables=tables,
        figures={path: checksum(path) for path in figures},
        artifacts={name: {path: checksum(path) for path in files} for name, files in artifacts.items() if files},
    )


def _trained_run(
    study: str, record: RunRecord, purpose: str, labels: Sequence[str], sharpness: Sharpness
) -> MirroredRun:
    recipe, seeds = record.recipe, record.seeds
    own = ("search",) if purpose == "search" else ()
    # Of a run that diverged a tracker would show the last values that were finite, as if they were its outcome.
    lost = {} if record.diverged_step is None else dict.fromkeys(_final(record))
    return MirroredRun(
        key=(study, recipe.hash, seeds.name, *own),
        name=f"{recipe.hash} {seeds.name}",
        group=recipe.hash,
        job_type=purpose,
        tags=tuple(dict.fromkeys(_tag(label) for label in labels)),
        config={"study": study, "recipe": recipe.to_json(), "seeds": dict(vars(seeds))},
        curves=_curves_of([record]),
        sharpness=sharpness.get((recipe.hash, seeds.name), ()),
        predictions=_predictions_of(record),
        numbers={**lost, **record.metrics, "diverged_step": record.diverged_step},
    )


def _final(record: RunRecord) -> tuple[str, ...]:
    """Return the names of the metrics that a curve has too."""
    return ("train_loss", "validation_loss", f"validation_{record.score.name}")


def _curves_of(records: Sequence[RunRecord]) -> tuple[Curves, ...]:
    """Return the curves of runs of one recipe, whose learning rates are the same."""
    first = records[0]
    ends = np.arange(1, first.recipe.epochs + 1) * first.steps_per_epoch - 1
    rates = tuple(first.learning_rates()[ends].tolist())
    return tuple(
        Curves(record.folder / _curves, record.files[_curves], first.steps_per_epoch, rates) for record in records
    )


def _predictions_of(record: RunRecord) -> Predictions | None:
    if not record.snapshot_steps:
        return None
    path, task = record.folder / _predictions, record.recipe.loss.task
    return Predictions(path, record.files[_predictions], record.snapshot_steps, task)


def _tag(label: str) -> str:
    """Return a label as a tag; a long one is cut and keeps its identity by a digest."""
    return label if len(label) <= _longest_tag else f"{label[: _longest_tag - 13]} {digest_of((label,))}"
