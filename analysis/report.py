"""The report of a study: one self-contained page, with its figures and tables as files beside it."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from analysis.atlas import write_atlas
from analysis.card import card_content
from analysis.cautions import cautions
from analysis.comparison.latex import write_latex
from analysis.estimate_table import estimates_table
from analysis.figures.apart import Apart
from analysis.figures.gallery import pictures
from analysis.figures.interactive import packed_script
from analysis.findings import Findings, find
from analysis.landscape_part import parts_of
from analysis.measured import measured_now, study_checksum
from analysis.origin import origin_of
from analysis.pages import rendered
from analysis.recipe_table import recipes_table
from analysis.report_sources import sources_of
from analysis.results import StudyResults
from analysis.sections import sections_of
from analysis.tables import tables, write_csv
from sweeps.files import write_json
from sweeps.paths import StudyPaths

__all__ = ["write_report"]


def write_report(paths: StudyPaths, apart: Apart | None = None) -> Path:
    """Write the report of what a store holds of a study, and return the page's path.

    ``index.html`` needs nothing beside it; ``figures/`` holds each figure as
    PNG and PDF, ``tables/`` each table as CSV and LaTeX, ``landscape/`` what
    verbs measured around the solutions, ``results.json`` every estimate and
    verdict, and the checksums of the study's file and of the landscape that they
    are of. All is written aside and takes the place of an earlier report at once;
    then ``index.html`` above all studies of the store is written anew.

    Arguments:
        paths: of the study.
        apart: another process that draws some of the figures, of the study as it is now.

    Raises:
        InvalidInput: if the store holds no such study, or one that cannot be read.
    """
    # Before anything is read: a driver may go on meanwhile, and the next report is then written anew.
    sources, state = sources_of(paths), study_checksum(paths)
    measured = [estimate for each in measured_now(paths) for estimate in each.estimates]
    findings = find(StudyResults.open(paths), measured)
    aside = Path(tempfile.mkdtemp(prefix=".report.", dir=paths.root))
    try:
        report = aside / "new"
        for folder in ("figures", "tables"):
            (report / folder).mkdir(parents=True)
        _write(findings, report, paths.landscape, sources, state, apart)
        _swap(report, paths.report, aside / "old")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    write_atlas(paths.root.parent)
    return paths.report / "index.html"


def _write(
    findings: Findings, folder: Path, landscape: Path, sources: Mapping[str, str], state: str, apart: Apart | None
) -> None:
    plates = pictures(findings, folder / "figures", apart)
    listed = tables(findings)
    whole = [
        recipes_table(findings.results),
        estimates_table(findings.estimates, "estimates", "Every estimate by its name"),
    ]
    whole = [table for table in whole if table.rows]
    parts, faults = parts_of(landscape, folder / "landscape", state)
    for table in (*listed, *whole, *(part.numbers for part in parts if part.numbers)):
        write_csv(table, folder / "tables" / f"{table.name}.csv")
        write_latex(table, folder / "tables" / f"{table.name}.tex")
    warnings, sections = cautions(findings, parts, faults), sections_of(plates, listed)
    ordered = [plate for section in sections for plate in section.plates]
    write_json(
        folder / "results.json",
        {
            "estimates": [estimate.to_json() for estimate in findings.estimates],
            "claims": [judgement.to_json() for judgement in findings.judgements],
            "card": card_content(findings, ordered, len(warnings)),
            **sources,
        },
    )
    turned = [each for each in (*ordered, *(plate for part in parts for plate in part.plates)) if each.chart]
    page = rendered(
        "report.html.j2",
        findings=findings,
        results=findings.results,
        warnings=warnings,
        sections=sections,
        landscape=next((each for each in sections if each.name == "landscape"), None),
        parts=parts,
        faults=faults,
        listed=whole,
        origin=origin_of(findings.results),
        turned=turned,
        plotly=packed_script() if turned else "",
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


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
