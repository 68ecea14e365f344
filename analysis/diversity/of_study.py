"""How the snapshots of a study differ, against the barriers between them, as files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from analysis.diversity.between import cosine, mean_of_pairs, pairwise
from analysis.diversity.group import GroupDiversity, between_snapshots, measures
from analysis.diversity.rank_correlation import fewest_runs
from analysis.estimate import t_interval
from analysis.figures.chosen import shades, whole_runs
from analysis.findings import find, name_of
from analysis.inference.spearman import fewest
from analysis.json_numbers import listed
from analysis.measured import Illustration, found_in, study_checksum, write_measured
from analysis.paths.linear import barrier_matrix
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.style import save, styled
from analysis.subjects import written
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.training.guessing import score_of_guessing
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["measure_diversity", "said"]

Array = npt.NDArray[np.float64]

_paths, _title = "paths.json", "Diversity against barriers"


def measure_diversity(paths: StudyPaths, *, runs: int = 10, points: int = 25) -> tuple[dict[str, GroupDiversity], Path]:
    """Measure how much every two snapshots of a run differ and the barrier between them, and write both.

    Differences are those of the kept predictions on the test set; barriers
    are those of the training loss, taken from ``paths.json`` if it holds them
    for the same runs and points and is younger than the runs, else measured.
    Both grow with the steps between two snapshots, which the correlation does
    not take out. Written are ``diversity.json`` and the figure ``diversity``.

    Arguments:
        paths: of a study that has confirmed runs.
        runs: of each group, at most; the first that did not diverge.
        points: on each line, both ends included.

    Raises:
        InvalidInput: if the store holds no such study, no run with two snapshots, or the folder cannot be written.
    """
    require_integer("The number of runs", runs, at_least=1)
    require_integer("A path's points", points, at_least=3)
    study = study_checksum(paths)
    findings = find(StudyResults.open(paths))
    found, shades_of = {}, shades(findings)
    colours = {}
    for key, records in whole_runs(findings, runs).items():
        if not any(len(record.snapshot_steps) > 1 for record in records):
            continue
        label = name_of(key)
        colours[label] = shades_of[key]
        kept = _kept(paths.landscape / _paths, label, records, points)
        of_all = findings.results.compared[key].records.values()
        diverged = sum(each.diverged_step is not None for each in of_all)
        lost = [f"{diverged} of {len(of_all)} runs diverged and are left out"] if diverged else []
        found[label] = _of_runs(label, records, kept, findings.results.loss_unit, points, lost)
    if not found:
        raise InvalidInput(
            f"{paths.root} has no run with two snapshots to compare: give the study a schedule with cycles."
        )
    from analysis.figures import diversity

    with written(paths.landscape) as aside:
        with styled():
            save(diversity.draw(found, colours), aside, "diversity")
        content = {label: _json(each) for label, each in found.items()}
        write_measured(aside, "diversity", content, title=_title, illustrations=[_figure(found)], study=study)
    return found, paths.landscape


def _figure(found: Mapping[str, GroupDiversity]) -> Illustration:
    tasks = {measures[each.task] for each in found.values()}
    caption = (
        f"The {' or '.join(sorted(tasks))} of every two snapshots of a run on the test set against the barrier of the"
        " training loss between them; the rank correlations are means over the runs. Both grow with the steps between"
        " two snapshots."
    )
    lines = "; ".join(f"{label}: {', '.join(said(each))}" for label, each in found.items())
    return Illustration("diversity", caption, f"Differences against barriers. {lines}.")


def said(found: GroupDiversity) -> Iterator[str]:
    """Yield the correlation of a group with both its intervals, and how alike snapshots' weights are, in words."""
    correlation = found.correlation
    if correlation.bootstrap.n == 0:
        yield f"no run's {measures[found.task]} and barriers have a rank correlation"
    else:
        yield f"rank correlation {correlation.bootstrap.amount} (bootstrap over runs: {correlation.bootstrap.n})"
        if correlation.student.low is not None:
            yield f"Student's interval {correlation.student.amount}"
    means = [float(mean_of_pairs(each)) for each in found.cosines]
    if kept := [each for each in means if np.isfinite(each)]:
        alike = t_interval(kept, f"weight_cosine[{found.label}]", "runs", "target")
        if alike.high is not None:
            alike = replace(alike, high=min(alike.high, 1.0))  # beyond which no cosine lies
        yield f"cosine of two snapshots' weights {alike.amount} (runs: {alike.n})"


def _of_runs(
    label: str,
    records: Sequence[RunRecord],
    kept: Sequence[Array] | None,
    unit: str,
    points: int,
    checks: list[str],
) -> GroupDiversity:
    task = records[0].recipe.loss.task
    several = [record for record in records if len(record.snapshot_steps) > 1]
    if len(several) < len(records):
        checks.append(f"{len(records) - len(several)} of {len(records)} runs have a single snapshot and no pair")
    differences, guessing = [], 0
    for record in several:
        predictions = record.predictions()
        given, targets = predictions["test"], predictions["test_targets"]
        differences.append(between_snapshots(given, targets, task))
        gains = record.score.sign * (record.score.of(given, targets) - score_of_guessing(record.run, "test"))
        guessing += int((gains <= 0).sum())
    if guessing:
        checks.append(
            f"{guessing} of {sum(map(len, differences))} snapshots do no better than guessing: where nothing was"
            " learned they may differ in everything, with no barrier between them"
        )
    barriers = [_barriers(record, points) for record in several] if kept is None else kept
    names = tuple(f"{each.recipe.hash}/{each.seeds.name}" for each in several)
    marks = tuple(str(each.seeds.init) for each in several)
    cosines = tuple(_cosines(record) for record in several)
    found = GroupDiversity(label, task, names, marks, tuple(differences), tuple(barriers), unit, cosines=cosines)
    if kept is not None:
        checks.append(f"the barriers are those of {_paths}")
    checks += _checks(found)
    return replace(found, checks=tuple(checks))


def _cosines(record: RunRecord) -> Array:
    """Return the cosines of the angles between the parameters of every two snapshots, without running statistics."""
    weights = record.snapshots()
    surface = training_surface(record.recipe, record.seeds, weights[-1])
    return pairwise(cosine, torch.stack([surface.row(each) for each in weights]).numpy(), -2)


def _barriers(record: RunRecord, points: int) -> Array:
    weights = record.snapshots()
    surface = training_surface(record.recipe, record.seeds, weights[-1])
    return barrier_matrix(surface, torch.stack([surface.row(each) for each in weights]), points).losses


def _kept(file: Path, label: str, records: Sequence[RunRecord], points: int) -> list[Array] | None:
    """Return the barriers that a file holds between the snapshots of each run with several; None if it does not fit."""
    try:
        if any(file.stat().st_mtime < (each.folder / "record.json").stat().st_mtime for each in records):
            return None
        entry = found_in(file)[label]
        measured = {len(path["steps"]) for way in entry["between"].values() for path in way["paths"]}
        names = [f"{each.recipe.hash}/{each.seeds.name}" for each in records]
        if measured != {points} or entry["runs"][: len(names)] != names:
            return None
        counts = [len(each.snapshot_steps) for each in records if len(each.snapshot_steps) > 1]
        own = entry["snapshots"]["barriers"]["loss"][: len(counts)]
        matrices = [np.array(each, dtype=np.float64) for each in own]
    except (OSError, LookupError, TypeError, ValueError, AttributeError, InvalidInput):
        return None
    return matrices if [each.shape for each in matrices] == [(count, count) for count in counts] else None


def _checks(found: GroupDiversity) -> Iterator[str]:
    runs, correlation = len(found.names), found.correlation
    enough = [each for each in found.pairs if len(each[0]) >= fewest]
    short = runs - len(enough)
    if short:
        yield f"{short} of {runs} runs have fewer than {fewest} pairs of snapshots and no rank correlation"
    lost = sum(not np.isfinite(each).all() for each in enough)
    if lost:
        yield f"{lost} of {runs} runs have a pair that is not finite and no rank correlation"
    if flat := sum(not barriers.any() for barriers, _ in enough):
        yield f"in {flat} of {runs} runs no two snapshots have a barrier between them, and there is no rank correlation"
    if alike := correlation.without - short - lost - flat:
        yield f"in {alike} of {runs} runs all pairs are alike and there is no rank correlation"
    if 0 < correlation.bootstrap.n < fewest_runs:
        yield f"below {fewest_runs} runs the rank correlation has no interval"


def _json(found: GroupDiversity) -> dict[str, Any]:
    """Return a group as JSON data; null for what is not finite or has no interval."""
    correlation = found.correlation
    return {
        "runs": list(found.names),
        "difference": measures[found.task],
        "unit": found.unit,
        "differences": [listed(each) for each in found.differences],
        "barriers": [listed(each) for each in found.barriers],
        "weight_cosines": [listed(each) for each in found.cosines],
        "rank_correlation": {
            "by_run": listed(correlation.by_run),
            "bootstrap": correlation.bootstrap.to_json(),
            "student": correlation.student.to_json(),
        },
        "checks": list(found.checks),
    }
