"""What trackers are told of a study, from its store alone."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.estimate import Unit, t_interval
from analysis.results import StudyResults
from lightning_modules.recipe import Run, Seeds
from sweeps.companions import companions
from sweeps.export import rows
from sweeps.files import read_json
from sweeps.mirrored_run import Rows
from sweeps.paths import StudyPaths
from sweeps.store import RunStore
from sweeps.tracker import Tracker

__all__ = ["grouped", "tell_all", "tell_study"]

_scores = ("accuracy", "loss", "rmse")
_texts = {"hash", "recipe", "group", "first", "second"}
"""Columns of the report's tables that are names, though a recipe's hash may look like a number."""


def tell_all(paths: StudyPaths, tracker: Tracker) -> None:
    """Tell a tracker of everything that its driver would have told it, and of the report if there is one.

    Arguments:
        paths: of a study.
        tracker: to be told.

    Raises:
        InvalidInput: if the store holds no such study, or one that cannot be read.
    """
    results, store = StudyResults.open(paths), RunStore(paths.runs)
    for trial in results.trials:
        if trial.records:
            tracker.search_trial(trial.number, list(trial.records.values()), trial.value)
    reasons = {each.recipe: each.reasons for each in results.confirmed}
    for run in _confirmed(results):
        if (record := store.find(run, "confirm")) is not None:
            tracker.confirmed_run(record, reasons.get(record.recipe, ("companion",)))
    if (paths.report / "results.json").is_file():
        tell_study(paths, tracker)


def tell_study(paths: StudyPaths, tracker: Tracker) -> None:
    """Tell a tracker of a study's report.

    Its tables are those of the report, and besides

    - ``runs``: a row a run, and ``snapshots``: a row a snapshot (`sweeps.export.rows`);
    - ``estimates``: a row an estimate, with ``low``, ``high`` and ``n``;
    - ``grouped``: every metric by everything but the seed (`grouped`).

    Its artifacts are the report's ``figures`` and what was measured of the ``landscape``.

    Arguments:
        paths: of a study that has its report.
        tracker: to be told.
    """
    results = read_json(paths.report / "results.json")
    runs, snapshots = list(rows(paths, "run")), list(rows(paths, "snapshot"))
    own = {
        "runs": runs,
        "snapshots": snapshots,
        "estimates": results["estimates"],
        "grouped": [*grouped(runs), *grouped(snapshots)],
    }
    of_report = {file.stem: _read_table(file) for file in sorted((paths.report / "tables").glob("*.csv"))}
    figures = _files(paths.report / "figures", "png")
    artifacts = {
        "figures": [*figures, *_files(paths.report / "figures", "pdf")],
        "landscape": _files(paths.landscape, "json", "safetensors", "png", "pdf"),
    }
    tables = {name: table for name, table in {**of_report, **own}.items() if table}
    tracker.study(results, tables, figures, artifacts)


def grouped(table: Rows) -> list[dict[str, Any]]:
    """Return a row for each metric of runs that differ in nothing but the seed.

    Columns are those that the runs share, then ``metric``, ``n``, ``mean``,
    ``sd``, ``low`` and ``high`` (Student's 95 % interval over the seeds), ``runs``
    and ``diverged``. The statistics are of the n runs that have the metric: of
    the ``diverged`` ones among all ``runs`` there is none. Only runs with one
    seed throughout count, whose splits, orders and weights are independent;
    those of crossed seeds and companions share some.

    Arguments:
        table: of `sweeps.export.rows`.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    names = list(dict.fromkeys(name for row in table for name in row))
    metrics = [name for name in names if name.endswith(_scores) and not name.startswith("recipe.")]
    # A snapshot's row repeats what is final of its run, which the runs' own table has.
    metrics = [name for name in metrics if "snapshot" not in names or name.startswith("snapshot.")]
    kept = [name for name in names if name.startswith(("study", "recipe", "purpose")) or name == "snapshot"]
    for row in table:
        if row["seed.init"] == row["seed.order"] == row["seed.split"]:
            groups.setdefault(tuple(row.get(name) for name in kept), []).append(row)
    found = []
    for key, members in groups.items():
        lost = sum(row["diverged_step"] is not None for row in members)
        for metric in metrics:
            values = [row[metric] for row in members if row.get(metric) is not None]
            if values:
                shared = {name: value for name, value in zip(kept, key, strict=True) if value is not None}
                found.append(shared | _statistics(metric, values) | {"runs": len(members), "diverged": lost})
    return found


def _statistics(metric: str, values: Sequence[float]) -> dict[str, Any]:
    unit: Unit = "fraction" if metric.endswith("accuracy") else "target"
    estimate = t_interval(values, metric, "seeds", unit)
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return {
        "metric": metric,
        "n": estimate.n,
        "mean": estimate.value,
        "sd": deviation,
        "low": estimate.low,
        "high": estimate.high,
    }


def _confirmed(results: StudyResults) -> Iterator[Run]:
    """Yield the runs that confirm a study: those of the report seeds, their companions, those of crossed seeds."""
    seeds, members = results.budget["report_seeds"], results.budget.get("members", 1)
    found: dict[Run, None] = {}
    for each in results.confirmed:
        for seed in seeds:
            found[Run(each.recipe, Seeds.all(seed))] = None
    for each in results.confirmed:
        for seed in seeds:
            found |= dict.fromkeys(companions(each.recipe, seed, members))
    for runs in (results.crossed, *results.crossed_groups.values()):
        found |= dict.fromkeys(record.run for record in runs.values())
    yield from found


def _read_table(file: Path) -> Rows:
    """Return the rows of one of the report's tables, numbers as numbers."""
    with file.open(newline="", encoding="utf-8") as lines:
        read = list(csv.DictReader(lines))
    return [{name: text if name in _texts else _value(text) for name, text in row.items()} for row in read]


def _value(text: str) -> str | float | int | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def _files(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(path for suffix in suffixes for path in folder.glob(f"*.{suffix}") if not path.name.startswith("."))
