"""What a report shows of a study's landscape: all that verbs measured, as it lies there; nothing is measured anew."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.estimate_table import estimates_table
from analysis.measured import Illustration, Measured, found_in, measured
from analysis.plate import Plate, png_of
from analysis.table import Table
from lightning_modules.errors import InvalidInput

__all__ = ["Part", "parts_of"]


@dataclass(frozen=True)
class Part:
    """What is said of one file of numbers.

    Arguments:
        name: of the file, without its suffix.
        title: in a few words.
        file: the numbers, from the page.
        day: when they were written.
        stale: whether the study has gone on since.
        plates: the figures that are whole.
        faults: a sentence for each figure that is not.
        checks: what one has to know to trust the numbers, in words, by label and origin; without those that stand
            under a figure of their own.
        numbers: what its estimates are, None without any.
    """

    name: str
    title: str
    file: str
    day: str
    stale: bool
    plates: tuple[Plate, ...]
    faults: tuple[str, ...]
    checks: Mapping[str, tuple[str, ...]]
    numbers: Table | None = None


def parts_of(landscape: Path, copies: Path, study: str) -> tuple[list[Part], list[str]]:
    """Return a report's parts in a stable order, and a sentence for each file that cannot be shown.

    Arguments:
        landscape: the folder to which verbs write.
        copies: a folder of the report, made for what the page links to.
        study: checksum of the study's file as the report has it.
    """
    shown, faults = [], []
    for each in measured(landscape):
        if isinstance(each, str):
            faults.append(each)
        else:
            shown.append(_part(each, landscape, copies, study))
    return shown, faults


def _part(found: Measured, landscape: Path, copies: Path, study: str) -> Part:
    copies.mkdir(exist_ok=True)
    numbers = _copied(landscape / f"{found.name}.json", copies)
    charts = _charts(landscape / f"{found.name}.json") if found.name == "plane" else {}
    plates, faults = [], []
    checks = dict(found.checks)
    for each in found.illustrations:
        # What is said of one label stands under the first figure of it alone, all else under all figures.
        own = {_named(found, each.of): checks[each.of]} if each.of in checks else {}
        try:
            plates.append(_plate(each, landscape, copies, own, charts.get(each.name)))
        except InvalidInput as error:
            faults.append(str(error))
        else:
            checks.pop(each.of, None)
    others = {_named(found, label): sentences for label, sentences in checks.items()}
    stale = found.study != study
    table = (
        estimates_table(found.estimates, f"measured-{found.name}", f"Estimates: {found.title}")
        if found.estimates
        else None
    )
    return Part(found.name, found.title, numbers, found.day, stale, tuple(plates), tuple(faults), others, table)


def _named(found: Measured, label: str) -> str:
    return " · ".join(part for part in (label, found.origins[label]) if part)


def _plate(
    each: Illustration,
    landscape: Path,
    copies: Path,
    checks: Mapping[str, tuple[str, ...]],
    chart: Mapping[str, Any] | None,
) -> Plate:
    data, width, height = png_of(landscape / f"{each.name}.png")
    png = _copied(landscape / f"{each.name}.png", copies)
    pdf = landscape / f"{each.name}.pdf"
    paper = _copied(pdf, copies) if pdf.is_file() else ""
    name = f"landscape-{each.name}"
    return Plate(name, png, paper, data, width, height, each.caption, each.alt, checks, chart)


def _copied(file: Path, folder: Path) -> str:
    shutil.copyfile(file, folder / file.name)
    return f"{folder.name}/{file.name}"


def _charts(file: Path) -> dict[str, Mapping[str, Any]]:
    """Return the planes of a file as plotly takes them, by the name of the figure that shows the same."""
    from analysis.figures import interactive
    from analysis.figures.surface_3d import directions
    from analysis.profiles import figure_name
    from analysis.slices import PlaneSlice

    charts: dict[str, Mapping[str, Any]] = {}
    for label, content in found_in(file).items():
        arrays = dict(_arrays(content))
        x, y, losses, accuracies = (arrays.get(name) for name in ("x", "y", "losses", "accuracies"))
        if x is None or y is None or losses is None or losses.shape != (len(y), len(x)):
            continue
        if accuracies is not None and accuracies.shape != losses.shape:
            continue
        examples = str(content.get("examples", "training set"))
        plane = PlaneSlice(x, y, losses, accuracies, np.zeros((1, 2)), examples=examples)
        chart = interactive.chart(plane, ("solution",), content.get("unit", ""), directions)
        if chart is not None:
            charts[figure_name("surface", label)] = chart
    return charts


def _arrays(content: Mapping[str, Any]) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    for name in ("x", "y", "losses", "accuracies"):
        if content.get(name) is not None:
            try:
                yield name, np.array(content[name], dtype=np.float64)
            except (TypeError, ValueError):
                continue
