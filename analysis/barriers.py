"""The barriers between the solutions of a study, or between two checkpoints, as files."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from analysis.checkpoints import Given, require_own
from analysis.figures.chosen import whole_runs
from analysis.findings import find, name_of
from analysis.measured import study_checksum
from analysis.path_files import write_paths
from analysis.paths.along import PathValues
from analysis.paths.group import GroupPaths, Way, disjoint, path_by
from analysis.paths.linear import BarrierMatrix, barrier_matrix
from analysis.paths.pairs import fewest
from analysis.paths.units import units_of
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.surface import Surface
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.training.guessing import score_of_guessing
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["measure_path_between", "measure_paths", "paths_of_runs"]

Weights = Mapping[str, npt.NDArray[Any]]

_statistics = ("running_mean", "running_var", "num_batches_tracked")


def measure_paths(
    paths: StudyPaths, *, runs: int = 10, points: int = 25, ways: Sequence[Way] = ("linear", "aligned")
) -> tuple[dict[str, GroupPaths], Path]:
    """Measure the barriers between the runs of each compared group and between each run's snapshots, and write them.

    Two runs with splits of their own have no training set in common: the loss
    between them is the mean over the training examples of both, each as its
    own run was given it. Running statistics of batch normalization are
    estimated anew at every point. Written are ``paths.json`` and the figures
    ``barriers`` and ``path`` as PNG and PDF.

    Arguments:
        paths: of a study that has confirmed runs.
        runs: of each group, at most; the first that did not diverge.
        points: on each path, both ends included.
        ways: from solution to solution; ``aligned`` is left out, with a check, where units cannot be matched.

    Raises:
        InvalidInput: if the store holds no such study, no two solutions to go between, or the folder cannot be written.
    """
    require_integer("The number of runs", runs, at_least=1)
    require_integer("A path's points", points, at_least=3)
    study = study_checksum(paths)
    findings = find(StudyResults.open(paths))
    found = {}
    for key, records in whole_runs(findings, runs).items():
        of_all = findings.results.compared[key].records.values()
        diverged = sum(each.diverged_step is not None for each in of_all)
        lost = [f"{diverged} of {len(of_all)} runs diverged and are left out"] if diverged else []
        found[name_of(key)] = paths_of_runs(name_of(key), records, findings.results.loss_unit, points, ways, lost)
    if not any(each.paths or each.snapshots for each in found.values()):
        raise InvalidInput(
            f"{paths.root} has no two solutions to go between: give the study more report seeds, or a schedule with"
            " cycles."
        )
    return write_paths(found, paths.landscape, study)


def measure_path_between(
    files: Sequence[Path],
    given: Given,
    folder: Path,
    *,
    points: int = 25,
    ways: Sequence[Way] = ("linear", "aligned"),
) -> tuple[dict[str, GroupPaths], Path]:
    """Measure what lies between two checkpoints of one model, and write it as `measure_paths` does.

    Raises:
        InvalidInput: unless there are two, of one model that has a landscape, or if the folder cannot be written.
    """
    require_integer("A path's points", points, at_least=3)
    if len(files) != 2:
        raise InvalidInput(f"A path goes between two checkpoints, and there are {len(files)}: give --checkpoint twice.")
    require_own(folder, files)
    landscape = given.landscape(files[0], torch.float32)
    first, second = (_arrays(given.module(file)) for file in files)
    surface, trained = landscape.surface, landscape.surface.layout.shapes
    if name := _differing([first, second], trained):
        raise InvalidInput(f"{files[0]} and {files[1]} differ in {name}, which is not trained: there is no path.")
    start, end = (surface.row(each) for each in (first, second))
    possible, checks = _possible(ways, surface.module)
    between = {way: {(0, 1): path_by(way, surface, start, end, points, seed=0)} for way in possible}
    label = f"{files[0].stem} to {files[1].stem}"
    unit = surface.loss.unit
    checks += list(_checks(between, 2, surface.module))
    names, marks = tuple(map(str, files)), tuple(file.stem for file in files)
    return write_paths({label: GroupPaths(label, "checkpoint", names, marks, between, (), unit, tuple(checks))}, folder)


def paths_of_runs(
    label: str,
    records: Sequence[RunRecord],
    unit: str,
    points: int,
    ways: Sequence[Way] = ("linear", "aligned"),
    notes: Sequence[str] = (),
) -> GroupPaths:
    """Return what lies between every two of a recipe's runs, and between the snapshots of each; see `measure_paths`.

    Arguments:
        label: of the runs.
        records: of runs that converged.
        unit: of the loss, or empty.
        points: on each path, both ends included.
        ways: from solution to solution.
        notes: what else one has to know to trust it, in words; told first.
    """
    checks = list(notes)
    weights = [record.snapshots() for record in records]
    last = _surface(records[0])
    between: dict[Way, dict[tuple[int, int], PathValues]] = {}
    if name := _differing([each[-1] for each in weights], last.layout.shapes):
        checks.append(f"the runs differ in {name}, which is not trained: there are no paths between them")
    elif len(records) > 1:
        possible, why = _possible(ways, last.module)
        checks += why
        between = {way: {} for way in possible}
        rows = [last.row(each[-1]) for each in weights]
        for first, second in combinations(range(len(records)), 2):
            surface = _joint(_surface(records[first]), _surface(records[second]))
            for way in possible:
                if way != "bezier" or (first, second) in disjoint(len(records)):
                    path = path_by(way, surface, rows[first], rows[second], points, seed=first)
                    between[way][first, second] = path
    snapshots = tuple(_between_snapshots(records, weights, points))
    checks += _checks(between, len(records), last.module)
    if collapsed := [str(each.seeds.init) for each in records if _is_guessing(each)]:
        checks.append(
            f"{len(collapsed)} of {len(records)} runs do no better than guessing (seed {', '.join(collapsed)}):"
            " where nothing was learned no barrier is no sign of one basin"
        )
    names = tuple(f"{each.recipe.hash}/{each.seeds.name}" for each in records)
    marks = tuple(str(each.seeds.init) for each in records)
    return GroupPaths(label, "run", names, marks, between, snapshots, unit, tuple(checks))


def _is_guessing(record: RunRecord) -> bool:
    score = record.score
    return score.sign * (record.metrics[f"validation_{score.name}"] - score_of_guessing(record.run, "validation")) <= 0


def _surface(record: RunRecord) -> Surface:
    return training_surface(record.recipe, record.seeds, record.snapshots()[-1])


def _joint(first: Surface, second: Surface) -> Surface:
    """Return the surface on the examples of both; each of them if they are the same."""
    if first.inputs.shape == second.inputs.shape and torch.equal(first.inputs, second.inputs):
        return first
    inputs, targets = (torch.cat([getattr(each, name) for each in (first, second)]) for name in ("inputs", "targets"))
    return Surface(first.module, first.loss, inputs, targets, memory=first.memory)


def _between_snapshots(
    records: Sequence[RunRecord], weights: Sequence[Sequence[Weights]], points: int
) -> Iterator[BarrierMatrix]:
    for record, own in zip(records, weights, strict=True):
        if len(own) > 1:
            surface = _surface(record)
            yield barrier_matrix(surface, torch.stack([surface.row(each) for each in own]), points)


def _arrays(module: nn.Module) -> Weights:
    return {name: value.numpy(force=True) for name, value in module.state_dict().items()}


def _differing(weights: Sequence[Weights], trained: Mapping[str, Any]) -> str:
    """Return the name of what is neither trained nor a statistic and yet differs between solutions; empty if none."""
    for name in weights[0].keys() - trained.keys():
        if not name.endswith(_statistics) and any(not np.array_equal(weights[0][name], own[name]) for own in weights):
            return name
    return ""


def _possible(ways: Sequence[Way], module: nn.Module) -> tuple[list[Way], list[str]]:
    """Return the ways without ``aligned`` if the module's units cannot be matched, and why in words."""
    try:
        units_of(module)
    except InvalidInput as error:
        if "aligned" in ways:
            return [way for way in ways if way != "aligned"], [f"not aligned: {error}"]
    return list(ways), []


def _next_to_highest(losses: npt.NDArray[np.float64]) -> float:
    """Return the larger change of a loss (points,) from its highest point to those beside it."""
    place = int(losses.argmax())
    return float(losses[place] - losses[max(0, place - 1) : place + 2].min())


def _checks(
    between: Mapping[Way, Mapping[tuple[int, int], PathValues]], count: int, module: nn.Module
) -> Iterator[str]:
    if between and count < fewest:
        yield f"a single pair has no interval: {fewest} solutions make the first"
    for way, own in between.items():
        lost = sum(not np.isfinite(path.losses).all() for path in own.values())
        if lost:
            yield f"{lost} of {len(own)} paths ({way}) are not finite everywhere and have no barrier, nor has the mean"
        elif own:
            step = max(_next_to_highest(path.losses) for path in own.values())
            yield (
                f"{len(own)} of {len(own)} paths ({way}) are finite everywhere; beside its highest point a path changes"
                f" by at most {step:.2g} from point to point: how exact its barrier is"
            )
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in module.modules()):
        yield "the running statistics of batch normalization are estimated anew at every point"
