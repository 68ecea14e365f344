"""The runs of a study as one table: a row a run, or a row a snapshot."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from lightning_modules.component import Json
from lightning_modules.errors import InvalidInput
from sweeps.crossed import run_names
from sweeps.files import read_json, write_aside
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord
from sweeps.store import RunStore

__all__ = ["Per", "flat", "rows", "write_csv", "write_parquet"]

Per = Literal["run", "snapshot"]
Row = dict[str, Any]
_parts = ("validation", "calibration", "test")


def rows(paths: StudyPaths, per: Per) -> Iterator[Row]:
    """Yield a row for every complete run of a study, in the order of their folders' names.

    Columns are ``study``, ``recipe`` (its hash), every field of the recipe as
    ``recipe.optimizer.learning_rate``, the seeds, the purpose, whether the run
    is a companion of one that is confirmed, the steps, the
    step of divergence, the epoch kept and the metrics; for each snapshot its
    number, its step and the score of each part besides.

    Arguments:
        paths: the study's.
        per: a row for each run, or for each snapshot of the runs that keep any.

    Raises:
        InvalidInput: if the store holds no runs of the study, or one that cannot be read.
    """
    found, others = False, _companions(paths)
    for record in RunStore(paths.runs).records():
        found = True
        row = _row(paths.root.name, record, f"{record.folder.parent.name}/{record.folder.name}" in others)
        if per == "run":
            yield row
        else:
            yield from (row | each for each in _snapshots(record))
    if not found:
        raise InvalidInput(f"{paths.root} holds no runs to export: `atlas run` the study first.")


def flat(data: Json, name: str) -> Row:
    """Return JSON data as named plain values: objects by dots, a list as its JSON text, a type without its module."""
    if not isinstance(data, Mapping):
        return {name: json.dumps(data) if isinstance(data, list) else data}
    row: Row = {}
    for key, value in data.items():
        row |= {f"{name}.type": value.partition(":")[2]} if key == "type" else flat(value, f"{name}.{key}")
    return row


def write_csv(path: Path, table: Sequence[Row]) -> None:
    """Write rows as CSV, whole or not at all; a column that a row lacks is empty.

    Raises:
        InvalidInput: if the file cannot be written.
    """
    try:
        with write_aside(path) as aside, aside.open("w", newline="") as file:
            writer = csv.DictWriter(file, _columns(table))
            writer.writeheader()
            writer.writerows(table)
    except OSError as error:
        raise _unwritten(path, error) from error


def write_parquet(path: Path, table: Sequence[Row]) -> None:
    """Write rows as Parquet, whole or not at all; a column of several kinds of values becomes text.

    Raises:
        InvalidInput: if pyarrow is not installed, or the file cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InvalidInput(
            "Parquet needs pyarrow, which is not installed: pip install 'lossatlas[parquet]', or give --format csv."
        ) from error
    columns = {name: _of_one_kind([row.get(name) for row in table]) for name in _columns(table)}
    try:
        with write_aside(path) as aside:
            parquet.write_table(pyarrow.table(columns), aside)
    except OSError as error:
        raise _unwritten(path, error) from error


def _companions(paths: StudyPaths) -> set[str]:
    """Return the names of the runs that are companions and no confirmation themselves, as the study's course has them.

    Without a course, or one that cannot be read, none are known.
    """
    try:
        course = read_json(paths.study)
        named = {name for each in course["confirmed"] for name in each.get("companions", ())}
        own = {name for each in course["confirmed"] for name in run_names(each | {"companions": ()}, course["budget"])}
    except (OSError, InvalidInput, KeyError, TypeError, AttributeError):
        return set()
    return named - own


def _row(study: str, record: RunRecord, companion: bool) -> Row:
    recipe = flat(record.recipe.to_json(), "recipe")
    del recipe["recipe.type"]
    return {
        "study": study,
        "recipe": record.folder.parent.name,
        **recipe,
        **{f"seed.{name}": seed for name, seed in vars(record.seeds).items()},
        "purpose": record.purpose,
        "companion": companion,
        "steps": record.steps,
        "diverged_step": record.diverged_step,
        "kept_epoch": record.kept_epoch,
        **record.metrics,
    }


def _snapshots(record: RunRecord) -> Iterator[Row]:
    if not record.snapshot_steps:
        return
    predictions, score = record.predictions(), record.score
    scores = {part: score.of(predictions[part], predictions[f"{part}_targets"]) for part in _parts}
    for index, step in enumerate(record.snapshot_steps):
        each = {f"snapshot.{part}_{score.name}": float(scores[part][index]) for part in _parts}
        yield {"snapshot": index, "snapshot.step": step, **each}


def _columns(table: Sequence[Row]) -> list[str]:
    """Return the names of all columns: those of a run before those of its metrics and its snapshots."""
    names = list(dict.fromkeys(name for row in table for name in row))
    first = [name for name in names if name.startswith(("study", "recipe", "seed.", "purpose"))]
    last = [name for name in names if name.startswith("snapshot")]
    return [*first, *(name for name in names if name not in {*first, *last}), *last]


def _of_one_kind(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} and len(kinds) == 2:
        return [None if value is None else float(value) for value in values]
    return values if len(kinds) <= 1 else [None if value is None else str(value) for value in values]


def _unwritten(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"{path} cannot be written ({error.strerror or error}): give another --out.")
