"""The curvature of a study's solutions, as files in its store."""

from collections.abc import Mapping
from pathlib import Path

from analysis.curvature.summary import Curvature, curvature_of
from analysis.figures.chosen import shades, whole_runs
from analysis.findings import find, name_of
from analysis.results import StudyResults
from analysis.style import save, styled
from lightning_modules.errors import InvalidInput
from sweeps.files import write_json
from sweeps.paths import StudyPaths

__all__ = ["measure_spectra"]


def measure_spectra(paths: StudyPaths, count: int = 10) -> tuple[dict[str, Curvature], Path]:
    """Measure the curvature at the best solution of each compared group, write it, and return it with its folder.

    Written are ``spectrum.json`` and the figure ``spectrum`` as PNG and PDF.

    Arguments:
        paths: of a study that has confirmed runs.
        count: eigenvalues from each end.

    Raises:
        InvalidInput: if the store holds no such study, or no confirmed run that converged.
    """
    findings = find(StudyResults.open(paths))
    runs = {key: records[0] for key, records in whole_runs(findings, 1).items()}
    if not runs:
        raise InvalidInput(f"{paths.root} has no confirmed run that converged: run the study to its end first.")
    found = {name_of(key): curvature_of(record, count) for key, record in runs.items()}
    colour_of = shades(findings)
    _write(paths.landscape, found, {name_of(key): colour_of[key] for key in runs})
    return found, paths.landscape


def _write(folder: Path, found: Mapping[str, Curvature], colours: Mapping[str, str]) -> None:
    from analysis.figures.spectrum import draw

    folder.mkdir(parents=True, exist_ok=True)
    with styled():
        save(draw(found, colours), folder, "spectrum")
    write_json(folder / "spectrum.json", {label: each.to_json() for label, each in found.items()})
