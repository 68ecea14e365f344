"""Paths and barriers as numbers, figures and words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.estimate import Estimate
from analysis.json_numbers import listed, number
from analysis.measured import Illustration, write_measured
from analysis.paths.group import GroupPaths, Quantity, Way
from analysis.style import save, styled
from analysis.subjects import written

__all__ = ["paths_json", "said", "way_names", "write_paths"]

way_names: Mapping[Way, str] = {"linear": "straight", "aligned": "units matched", "bezier": "trained curve"}
"""The ways as figures and lines call them."""


def write_paths(found: Mapping[str, GroupPaths], folder: Path, study: str = "") -> tuple[dict[str, GroupPaths], Path]:
    """Write ``paths.json`` (`write_measured`) and the figures ``barriers`` and ``path``; return what and where.

    Arguments:
        found: by label.
        folder: for the files.
        study: checksum of the study's file; empty for checkpoints.

    Raises:
        InvalidInput: if the folder cannot be written.
    """
    from analysis.figures import barriers, path_profile

    with written(folder) as aside:
        with styled():
            save(barriers.draw(found), aside, "barriers")
            illustrations = [_barriers(found)]
            if any(each.paths for each in found.values()):
                save(path_profile.draw(found), aside, "path")
                illustrations.append(_profile(found))
        write_measured(
            aside,
            "paths",
            {label: paths_json(each) for label, each in found.items()},
            title="Paths and barriers",
            illustrations=illustrations,
            study=study,
        )
    return dict(found), folder


def said(found: GroupPaths) -> Iterator[str]:
    """Yield a line for each mean barrier of a group, with its interval."""
    for way, paths in found.paths.items():
        yield f"{way_names[way]:<18} {_amounts(found, {each: found.mean(way, each) for each in found.quantities})}" + (
            f" (pairs: {len(paths)})"
        )
    snapshots = {each: found.mean_between_snapshots(each) for each in found.quantities}
    known = {quantity: each for quantity, each in snapshots.items() if each is not None}
    if known:
        yield f"{'between snapshots':<18} {_amounts(found, known)} (runs: {len(found.snapshots)})"


def _amounts(found: GroupPaths, estimates: Mapping[Quantity, Estimate]) -> str:
    units = {"loss": f" {found.unit}".rstrip(), "error": ""}
    return ", ".join(f"{quantity} {each.amount}{units[quantity]}" for quantity, each in estimates.items())


def _barriers(found: Mapping[str, GroupPaths]) -> Illustration:
    caption = (
        "Barriers of the loss between every two solutions, the most that the loss on the path rises above the straight"
        " line between the losses at its ends, all in one scale of"
        " colours; hatched where a path is not finite."
    )
    return Illustration("barriers", caption, f"Matrices of barriers. Means: {_means(found)}.")


def _profile(found: Mapping[str, GroupPaths]) -> Illustration:
    ways = ", ".join(name for way, name in way_names.items() if any(way in each.paths for each in found.values()))
    caption = (
        f"The loss along the paths ({ways}) between pairs that share no solution: lines are medians over the pairs,"
        " bands their whole range, not confidence intervals."
    )
    return Illustration("path", caption, f"Loss from one solution to the other. Mean barriers: {_means(found)}.")


def _means(found: Mapping[str, GroupPaths]) -> str:
    lines = [f"{label}, {' '.join(line.split())}" for label, each in found.items() for line in said(each)]
    return "; ".join(lines) or "none"


def paths_json(found: GroupPaths) -> dict[str, Any]:
    """Return a group as JSON data; null for what is not finite or has no interval."""
    if found.kind == "checkpoint":
        names: dict[str, Any] = dict(zip(("checkpoint", "to"), found.names, strict=True))
    else:
        names = {"runs": list(found.names)}
    between: dict[str, Any] = {
        way: {
            "barriers": {each: listed(found.matrix(way, each)) for each in found.quantities},
            "means": {each: found.mean(way, each).to_json() for each in found.quantities},
            "paths": [
                {
                    "pair": list(pair),
                    "steps": listed(path.steps),
                    "losses": listed(path.losses),
                    "errors": listed(path.errors),
                    "loss_barrier_above_mean": number(path.loss_barrier.above_mean),
                }
                for pair, path in paths.items()
            ],
        }
        for way, paths in found.paths.items()
    }
    means = {each: found.mean_between_snapshots(each) for each in found.quantities}
    return {
        **names,
        "unit": found.unit,
        "between": between,
        "snapshots": {
            "barriers": {"loss": [listed(each.losses) for each in found.snapshots]}
            | ({"error": [listed(each.errors) for each in found.snapshots]} if "error" in found.quantities else {}),
            "means": {quantity: each and each.to_json() for quantity, each in means.items()},
        },
        "checks": list(found.checks),
    }
