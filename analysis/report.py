"""The report of a study: one self-contained page, with its figures and tables as files beside it."""

import base64
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from analysis.figures.gallery import Picture, pictures
from analysis.findings import Findings, find
from analysis.results import StudyResults
from analysis.tables import Table, tables, write_csv
from sweeps.files import checksum, write_json
from sweeps.paths import StudyPaths

__all__ = ["write_report"]

_templates = Path(__file__).parent / "templates"


def write_report(paths: StudyPaths) -> Path:
    """Write the report of what a store holds of a study, and return the page's path.

    ``index.html`` needs nothing beside it; ``figures/`` holds each figure as
    PNG and PDF, ``tables/`` each table as CSV, ``results.json`` every estimate
    and verdict, and the checksum of the study's file that they are of. All is
    written aside and takes the place of an earlier report at once.

    Arguments:
        paths: of the study.

    Raises:
        InvalidInput: if the store holds no such study, or one that cannot be read.
    """
    # Before anything is read: a driver may go on meanwhile, and the next report is then written anew.
    study = checksum(paths.study) if paths.study.is_file() else ""
    findings = find(StudyResults.open(paths))
    aside = Path(tempfile.mkdtemp(prefix=".report.", dir=paths.root))
    try:
        report = aside / "new"
        for folder in ("figures", "tables"):
            (report / folder).mkdir(parents=True)
        _write(findings, report, study)
        _swap(report, paths.report, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return paths.report / "index.html"


def _write(findings: Findings, folder: Path, study: str) -> None:
    made, listed = pictures(findings, folder / "figures"), tables(findings)
    for table in listed:
        write_csv(table, folder / "tables" / f"{table.name}.csv")
    write_json(
        folder / "results.json",
        {
            "estimates": [estimate.to_json() for estimate in findings.estimates],
            "claims": [judgement.to_json() for judgement in findings.judgements],
            "study_sha256": study,
        },
    )
    (folder / "index.html").write_text(_page(findings, made, listed), encoding="utf-8")


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


def _page(findings: Findings, made: list[Picture], listed: list[Table]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    results = findings.results
    return environment.get_template("report.html.j2").render(
        results=results,
        answer=findings.answer,
        tuning=findings.tuning,
        judgements=findings.judgements,
        warnings=findings.warnings,
        pictures=[(picture, base64.b64encode(picture.png.read_bytes()).decode()) for picture in made],
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
