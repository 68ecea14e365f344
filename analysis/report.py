"""The report of a study: one self-contained page, with its figures and tables as files beside it."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.figures.gallery import Picture, pictures
from analysis.figures.interactive import packed_script
from analysis.findings import Findings, find
from analysis.landscape_part import Part, parts_of
from analysis.measured import measured_now, sources_of
from analysis.plate import Plate, png_of
from analysis.results import StudyResults
from analysis.tables import Table, tables, write_csv
from sweeps.files import write_json
from sweeps.paths import StudyPaths

__all__ = ["write_report"]

_templates = Path(__file__).parent / "templates"


def write_report(paths: StudyPaths) -> Path:
    """Write the report of what a store holds of a study, and return the page's path.

    ``index.html`` needs nothing beside it; ``figures/`` holds each figure as
    PNG and PDF, ``tables/`` each table as CSV, ``landscape/`` what verbs measured
    around the solutions, ``results.json`` every estimate and verdict, and the
    checksums of the study's file and of the landscape that they are of. All is
    written aside and takes the place of an earlier report at once.

    Arguments:
        paths: of the study.

    Raises:
        InvalidInput: if the store holds no such study, or one that cannot be read.
    """
    # Before anything is read: a driver may go on meanwhile, and the next report is then written anew.
    sources = sources_of(paths)
    measured = [estimate for each in measured_now(paths) for estimate in each.estimates]
    findings = find(StudyResults.open(paths), measured)
    aside = Path(tempfile.mkdtemp(prefix=".report.", dir=paths.root))
    try:
        report = aside / "new"
        for folder in ("figures", "tables"):
            (report / folder).mkdir(parents=True)
        _write(findings, report, paths.landscape, sources)
        _swap(report, paths.report, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return paths.report / "index.html"


def _write(findings: Findings, folder: Path, landscape: Path, sources: Mapping[str, str]) -> None:
    made, listed = pictures(findings, folder / "figures"), tables(findings)
    parts, faults = parts_of(landscape, folder / "landscape", sources["study_sha256"])
    for table in listed:
        write_csv(table, folder / "tables" / f"{table.name}.csv")
    write_json(
        folder / "results.json",
        {
            "estimates": [estimate.to_json() for estimate in findings.estimates],
            "claims": [judgement.to_json() for judgement in findings.judgements],
            **sources,
        },
    )
    page = _page(findings, [_plate(each) for each in made], listed, parts, faults)
    (folder / "index.html").write_text(page, encoding="utf-8")


def _plate(picture: Picture) -> Plate:
    data, width, height = png_of(picture.png)
    drawing = picture.drawing
    png, pdf = (f"figures/{path.name}" for path in (picture.png, picture.pdf))
    return Plate(
        drawing.name, png, pdf, data, width, height, drawing.caption, drawing.alt, drawing.checks, drawing.chart
    )


def _swap(new: Path, place: Path, old: Path) -> None:
    """Put a folder in the place of another, which goes to `old`; if that fails all stays as it was."""
    if not place.exists():
        new.rename(place)
        return
    place.rename(old)
    try:
        new.rename(place)
    except OSError:
        old.rename(place)
        raise


def _page(
    findings: Findings, plates: Sequence[Plate], listed: list[Table], parts: Sequence[Part], faults: Sequence[str]
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    results = findings.results
    turned = [each for each in (*plates, *(plate for part in parts for plate in part.plates)) if each.chart]
    return environment.get_template("report.html.j2").render(
        results=results,
        answer=findings.answer,
        tuning=findings.tuning,
        judgements=findings.judgements,
        warnings=findings.warnings,
        plates=plates,
        parts=parts,
        faults=faults,
        turned=turned,
        plotly=packed_script() if turned else "",
        tables=listed,
        provenance=list(_provenance(results.provenance)),
    )


def _provenance(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the driver wrote down of a study's origin, as names and texts."""
    for name, value in content.items():
        if isinstance(value, Mapping):
            unit = " s" if name == "seconds" else ""
            text = ", ".join(f"{key} {_text(item)}{unit}" for key, item in value.items())
        else:
            text = _text(value)
        yield ("seconds of workers" if name == "seconds" else name.replace("_", " ")), text
    try:
        yield "report written by", f"lossatlas {version('lossatlas')}"
    except PackageNotFoundError:
        yield "report written by", "a copy of lossatlas that is not installed"


def _text(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
