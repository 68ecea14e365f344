"""The critical points around what a study found, or around a checkpoint, as files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from analysis.critical.gradient_norm import GradientNorm
from analysis.critical.method import Method
from analysis.critical.newton_mr import NewtonMR
from analysis.critical.result import CriticalPoints, merged
from analysis.critical.search import critical_points
from analysis.critical.starts import Start, around, between
from analysis.curvature.exact import most_parameters
from analysis.measured import Illustration, write_measured
from analysis.run_groups import initial_row
from analysis.style import save, styled
from analysis.subjects import Subject, Subjects, require_writable, written
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from sweeps.record import RunRecord

__all__ = ["measure_critical_points", "methods_named", "trajectory_starts"]

_methods: Mapping[str, Method] = {"newton-mr": NewtonMR(), "gradient-norm": GradientNorm()}


def methods_named(text: str) -> tuple[Method, ...]:
    """Return the methods that a list with commas between names: ``newton-mr,gradient-norm``.

    Raises:
        InvalidInput: for another name.
    """
    names = [name.strip() for name in text.split(",")]
    if other := [name for name in names if name not in _methods]:
        raise InvalidInput(f"There is no method {other[0]!r}: give some of {','.join(_methods)}.")
    return tuple(_methods[name] for name in dict.fromkeys(names))


def measure_critical_points(
    subjects: Subjects,
    *,
    noises: Sequence[float] = (0.1, 0.5),
    draws: int = 1,
    seed: int = 0,
    methods: Sequence[Method] = tuple(_methods.values()),
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, CriticalPoints], Path]:
    """Search for critical points from each solution, and from a run's whole way to it; write them, return their folder.

    Written are ``critical.json`` (`write_measured`) and the figure ``critical``
    as PNG and PDF. Runs of one label are taken together. Networks of more than
    10,000 parameters are left out, which a check of the others says.

    Arguments:
        subjects: of a study or a checkpoint.
        noises: of the starts around each point, in lengths of the weights.
        draws: for each point and each noise.
        seed: of the noise.
        methods: from each start each.
        tell: takes a line of how far the search is, before each part of it.

    Raises:
        InvalidInput: if a solution has no landscape, all networks have more than 10,000 parameters, a number cannot be
            used, or the folder cannot be written.
    """
    from analysis.figures.critical import draw

    require_writable(subjects.folder)
    parts: dict[str, list[CriticalPoints]] = {}
    large: dict[str, int] = {}
    for each in subjects.members:
        landscape = each.landscape(torch.float64)
        surface, size = landscape.surface, len(landscape.weights)
        if size > most_parameters:
            large[each.label] = size
            continue
        starts = (
            around(landscape.weights[None], noises=noises, draws=draws, seed=seed)
            if each.record is None
            else trajectory_starts(each.record, surface, noises=noises, draws=draws, seed=seed)
        )
        own = critical_points(surface, starts, methods=methods, tell=_of(each.label, tell))
        parts.setdefault(each.label, []).append(own)
    if not parts:
        least = min(large.values())
        raise InvalidInput(
            f"The network{'s have' if len(large) > 1 else ' has'} {least:,} parameters{' or more' * (len(large) > 1)},"
            f" and critical points are sought of at most {most_parameters:,}: take a smaller model."
        )
    left_out = tuple(f"{label} is left out: {size:,} parameters are too many" for label, size in large.items())
    found = {label: replace(merged(each), notes=left_out) for label, each in parts.items()}
    with written(subjects.folder) as folder:
        with styled():
            save(draw(found, subjects.colours), folder, "critical")
        write_measured(
            folder,
            "critical",
            {label: {**_origin(subjects, label), **each.to_json()} for label, each in found.items()},
            title="Critical points",
            illustrations=[_illustration(found)],
            study=subjects.study,
        )
    return found, subjects.folder


def trajectory_starts(
    record: RunRecord,
    surface: Surface,
    *,
    noises: Sequence[float] = (0.1, 0.5),
    draws: int = 1,
    seed: int = 0,
    count: int = 3,
) -> list[Start]:
    """Return starts along a run's trajectory and around it.

    They are its initial weights, its snapshots, points on the straight lines
    between these (the way that the training took is not kept), and points
    around all of them.

    Arguments:
        record: of a run with snapshots.
        surface: of the run, in double precision.
        noises: lengths of the noise, in lengths of the weights.
        draws: for each point and each noise.
        seed: of the noise.
        count: points on each line between.
    """
    initial = initial_row(record, surface)
    snapshots = [surface.row(weights) for weights in record.snapshots()]
    line = between(torch.stack([initial, *snapshots]), count)
    points = torch.cat([initial[None], line, torch.stack(snapshots)])
    kinds = ["initial", *["between"] * len(line), *["snapshot"] * len(snapshots)]
    return around(points, kinds, noises=noises, draws=draws, seed=seed)


def _of(label: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda line: tell(f"{label}: {line}")


def _origin(subjects: Subjects, label: str) -> dict[str, object]:
    own: list[Subject] = [each for each in subjects.members if each.label == label]
    names = [each.name for each in own]
    return {"runs": names} if own[0].kind == "run" else {"checkpoint": names[0]}


def _illustration(found: Mapping[str, CriticalPoints]) -> Illustration:
    caption = (
        "Left: where searches for critical points ended, by loss and by index, the share of the Hessian's eigenvalues"
        " that are negative; what is no critical point is grey. Right: the index of each critical point over the"
        " tolerance below which an eigenvalue counts as zero. ρ is Spearman's rank correlation of index and loss, its"
        " interval a 95 % bootstrap over the points from which searches began."
    )
    counts = "; ".join(f"{label} {each.yield_of()}" for label, each in found.items())
    return Illustration("critical", caption, f"Index against loss. Critical points found: {counts}.")
