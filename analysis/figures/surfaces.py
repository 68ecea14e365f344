"""The figures of the loss surface, each with its caption: planes and lines through solutions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.figures.chosen import shades, whole_runs
from analysis.figures.drawing import Drawing
from analysis.findings import Findings, name_of
from analysis.labels import quoted
from analysis.slice_checks import holes_said, loss_checks

if TYPE_CHECKING:
    from analysis.slices import LineSlice, PlaneSlice

__all__ = ["lines", "planes"]

_slice_seeds, _slice_directions = 5, 3


def planes(findings: Findings) -> Iterator[Drawing]:
    """Yield the plane through three snapshots of a run, its contours and then its surface in three dimensions."""
    from analysis.figures import interactive, loss_plane, surface_3d
    from analysis.run_surface import training_surface
    from analysis.slices import plane_through
    from lightning_modules.errors import InvalidInput

    for key, (record, *_) in whole_runs(findings, 1).items():
        count = len(record.snapshot_steps)
        if count < 3:
            continue
        snapshots, chosen = record.snapshots(), (0, (count - 1) // 2, count - 1)
        surface = training_surface(record.recipe, record.seeds, snapshots[-1])
        first, second, third = (surface.row(snapshots[index]) for index in chosen)
        try:
            plane = plane_through(surface, first, second, third)
        except InvalidInput:
            continue  # The run went straight on, or nowhere: there is no plane to show.
        if not np.isfinite(plane.losses).any():
            continue
        names, unit = tuple(str(index + 1) for index in chosen), findings.results.loss_unit
        even = "loss" if np.nanmin(plane.losses) < 0 else "logarithm of the loss"
        caption = (
            f"Training loss in the plane through snapshots {', '.join(names[:-1])} and {names[-1]} of {count} of one"
            f" run ({quoted(name_of(key))}, seed {record.seeds.init}; n = 1, no interval). Both axes are distances"
            f" between weights, at one scale; contours are even in the {even}."
        )
        low, high = np.nanmin(plane.losses), np.nanmax(plane.losses)
        alt = f"Contours of the training loss, {low:.3g} to {high:.3g} {unit}".rstrip()
        checks = {f"{name_of(key)}, seed {record.seeds.init}": plane.checks}
        drawing = loss_plane.draw(plane, names, unit)
        yield Drawing("loss_plane", drawing, caption, f"{alt}.", checks, section="landscape")
        caption = (
            f"The same plane as a surface, in the same colours and levels; the height is the {even}. Circles are the"
            f" snapshots, and are seen through the surface.{holes_said(plane.losses)}"
        )
        marked = ", ".join(f"{name} at {value:.3g}" for name, value in zip(names, _at_marks(plane), strict=True))
        alt = f"The training loss as a height over the plane, {low:.3g} to {high:.3g} {unit}".rstrip()
        yield Drawing(
            "loss_surface",
            surface_3d.draw(plane, names, unit),
            caption,
            f"{alt}; snapshots: {marked}.",
            chart=interactive.chart(plane, names, unit),
            section="landscape",
        )
        return


def lines(findings: Findings) -> Iterator[Drawing]:
    """Yield the lines around the last snapshots of several runs."""
    from analysis.figures import loss_line
    from analysis.run_surface import training_surface
    from analysis.slices import random_line

    found = {}
    for key, records in whole_runs(findings, _slice_seeds).items():
        slices = []
        for record in records:
            last = record.snapshots()[-1]
            surface = training_surface(record.recipe, record.seeds, last)
            center = surface.row(last)
            seed = record.seeds.init
            slices.append(random_line(surface, center, seed=seed, directions=_slice_directions, points=41))
        found[key] = slices
    if not found:
        return
    colour_of, unit = shades(findings), findings.results.loss_unit
    drawing = loss_line.draw(
        {name_of(key): each for key, each in found.items()}, {name_of(key): colour_of[key] for key in found}, unit
    )
    counts = "; ".join(f"{quoted(name_of(key))} {len(each)}" for key, each in found.items())
    caption = (
        f"Training loss along random filter-normalised directions (Li et al., 2018), {_slice_directions} for each of"
        f" several report seeds (runs: {counts}). Lines are medians, bands the whole range over runs and directions,"
        " not confidence intervals. A step of 1 moves every unit by the norm of its weights."
    )
    middles = {
        key: np.median([each.losses[:, len(each.steps) // 2] for each in slices]) for key, slices in found.items()
    }
    ends = "; ".join(f"{quoted(name_of(key))} {middle:.2g} {unit}".rstrip() for key, middle in middles.items())
    alt = f"Loss along random lines. In the middle: {ends}."
    yield Drawing("loss_line", drawing, caption, alt, _checks(found), section="landscape")


def _checks(found: "Mapping[str, Sequence[LineSlice]]") -> dict[str, list[str]]:
    """Return what several slices' losses say, by group, all of a group together."""
    checks = {}
    for key, slices in found.items():
        losses = np.concatenate([each.losses for each in slices])
        checks[name_of(key)] = list(loss_checks(losses, losses[:, losses.shape[1] // 2]))
    return checks


def _at_marks(plane: "PlaneSlice") -> list[float]:
    """Return the loss of the grid's point nearest to each mark."""
    return [float(plane.losses[np.abs(plane.y - y).argmin(), np.abs(plane.x - x).argmin()]) for x, y in plane.marks]
