"""The loss along lines and in planes through solutions, as files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.json_numbers import listed
from analysis.measured import Illustration, write_measured
from analysis.shown import loss_name
from analysis.slice_checks import holes_said
from analysis.slices import LineSlice, PlaneSlice
from analysis.slicing import Slicing, chunk_folder
from analysis.style import save, styled
from analysis.subjects import Subjects, written
from lightning_modules.checks import require_integer

__all__ = ["figure_name", "measure_lines", "measure_planes"]


def measure_lines(subjects: Subjects, slicing: Slicing, *, directions: int = 3) -> tuple[dict[str, LineSlice], Path]:
    """Slice along lines through each solution, write it, and return it with its folder.

    Written are ``slice.json`` (`write_measured`) and for each solution the
    figure ``slice_LABEL`` as PNG and PDF.

    Arguments:
        subjects: of a study or a checkpoint.
        slicing: how.
        directions: how many lines through each.

    Raises:
        InvalidInput: if a solution has no landscape, a number cannot be used, or the folder cannot be written.
    """
    from analysis.figures.loss_profile import draw

    require_integer("The number of directions", directions, at_least=1)
    found = {each.label: slicing.lines(each, directions) for each in subjects.members}
    with written(subjects.folder, *_outdated("slice")) as folder:
        with styled():
            for label, each in found.items():
                save(draw(each, subjects.unit), folder, figure_name("slice", label))
        write_measured(
            folder,
            "slice",
            {
                each.label: {
                    each.kind: each.name,
                    **_common(found[each.label], slicing, subjects.unit),
                    "steps": listed(found[each.label].steps),
                    "axis": found[each.label].axis,
                }
                for each in subjects.members
            },
            title="Lines",
            illustrations=[
                Illustration(
                    figure_name("slice", label), _said(label, each, slicing), f"Lines of the loss, {_range(each)}."
                )
                for label, each in found.items()
            ],
            study=subjects.study,
        )
    return found, subjects.folder


def measure_planes(subjects: Subjects, slicing: Slicing) -> tuple[dict[str, PlaneSlice], Path]:
    """Slice in a plane through each solution, write it, and return it with its folder.

    Written are ``plane.json`` (`write_measured`) and for each solution the
    figures ``plane_LABEL``, its contours, and ``surface_LABEL``, in three
    dimensions, as PNG and PDF. Until all is done, finished points
    lie in the folder's ``chunks``: a plane that was interrupted is resumed.

    Arguments:
        subjects: of a study or a checkpoint.
        slicing: how.

    Raises:
        InvalidInput: as `measure_lines`.
    """
    from analysis.figures import loss_plane, surface_3d

    with chunk_folder(subjects.folder) as chunks:
        found = {each.label: slicing.plane(each, chunks) for each in subjects.members}
        with written(subjects.folder, *_outdated("plane", "surface")) as folder:
            with styled():
                for label, each in found.items():
                    drawing = loss_plane.draw(each, ("solution",), subjects.unit)
                    save(drawing, folder, figure_name("plane", label))
                    drawing = surface_3d.draw(each, ("solution",), subjects.unit, surface_3d.directions)
                    save(drawing, folder, figure_name("surface", label))
            write_measured(
                folder,
                "plane",
                {
                    each.label: {
                        each.kind: each.name,
                        **_common(found[each.label], slicing, subjects.unit),
                        "x": listed(found[each.label].x),
                        "y": listed(found[each.label].y),
                        "axes": list(found[each.label].axes),
                        "evaluated": _mask(found[each.label]),
                    }
                    for each in subjects.members
                },
                title="Planes",
                illustrations=list(_of_planes(found, slicing)),
                study=subjects.study,
            )
    return found, subjects.folder


def figure_name(kind: str, label: str) -> str:
    """Return a figure's file name: ``plane_cyclic_cosine``."""
    return f"{kind}_{''.join(letter if letter.isalnum() or letter in '.-' else '_' for letter in label)}"


def _outdated(*kinds: str) -> list[str]:
    """Return the patterns of the figures' files of an earlier measurement."""
    return [f"{kind}_*.{end}" for kind in kinds for end in ("png", "pdf")]


def _common(found: LineSlice | PlaneSlice, slicing: Slicing, unit: str) -> dict[str, Any]:
    return {
        "seed": slicing.seed,
        "unit": unit,
        "examples": found.examples,
        "statistics": found.statistics,
        "losses": listed(found.losses),
        "accuracies": listed(found.accuracies),
        "checks": list(found.checks),
        "others": [
            {
                "examples": each.examples,
                "losses": listed(each.losses),
                "accuracies": listed(each.accuracies),
                "checks": list(each.checks),
            }
            for each in found.others
        ],
    }


def _mask(found: PlaneSlice) -> list[list[bool]] | None:
    if found.evaluated is None:
        return None
    mask: list[list[bool]] = found.evaluated.tolist()
    return mask


def _of_planes(found: Mapping[str, PlaneSlice], slicing: Slicing) -> Iterator[Illustration]:
    for label, each in found.items():
        name = loss_name(each.examples)
        caption = (
            f"The {name} in a plane through one solution ({label}; n = 1, no interval); coordinates are a"
            f" {each.axes[0]} and a {each.axes[1]}{_seed(each.axes[0], slicing)}."
        )
        yield Illustration(figure_name("plane", label), caption, f"Contours of the {name}, {_range(each)}.")
        caption = f"The same plane ({label}) as a surface, in the colours and levels of the contours."
        alt = f"The {name} as a height over the plane, {_range(each)}."
        yield Illustration(figure_name("surface", label), f"{caption}{holes_said(each.losses)}", alt)


def _said(label: str, found: LineSlice, slicing: Slicing) -> str:
    sets = ", ".join([found.examples, *(each.examples for each in found.others)])
    lines = len(found.losses)
    band = " with their middle and its pointwise 95 % interval over directions" if found.drawn and lines > 2 else ""
    count = f"{lines} lines" if lines > 1 else "one line"
    return (
        f"The loss on the {sets} along {count} through one solution ({label}; n = 1){band}: {found.axis}"
        f"{_seed(found.axis, slicing)}."
    )


def _seed(axis: str, slicing: Slicing) -> str:
    return f" (seed {slicing.seed}; Li et al., 2018)" if "random" in axis else ""


def _range(found: LineSlice | PlaneSlice) -> str:
    finite = found.losses[np.isfinite(found.losses)]
    return f"{finite.min():.3g} to {finite.max():.3g}" if finite.size else "nowhere finite"
