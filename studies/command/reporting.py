"""The verb that writes reports, of one study or of all in a store."""

from pathlib import Path
from typing import Annotated

import typer

from lightning_modules.errors import InvalidInput
from studies.command.arguments import StoreOption
from studies.command.loader import paths_of
from studies.command.verdicts import verdicts
from sweeps.paths import StudyPaths

__all__ = ["reporting"]

reporting = typer.Typer()


@reporting.command()
def report(
    study: Annotated[
        str | None, typer.Argument(metavar="STUDY", help="A built-in study's name, or the path of a file.")
    ] = None,
    store: StoreOption = Path("runs"),
    every: Annotated[
        bool, typer.Option("--all", help="Write the report of every study of the store, and the page above them.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print the report as report.pdf as well, where a Chromium is installed.")
    ] = False,
) -> None:
    """Write the report of what the store holds of a study, and the page above all studies of the store."""
    if every == (study is not None):
        raise InvalidInput("Give a study, or --all for every study of the store, not both.")
    if pdf:
        from analysis.pdf import browser

        browser()
    if study is None:
        _report_all(store, pdf)
        return
    paths = paths_of(study, store)
    if not paths.study.is_file():
        raise InvalidInput(f"The store {store} holds nothing of the study {study!r}: `atlas run {study}` first.")
    _report(paths, pdf)


def _report_all(store: Path, pdf: bool) -> None:
    """Write every report that can be written; what cannot is a sentence, and the status at the end says so.

    Raises:
        InvalidInput: if the store holds no study, or some report could not be written.
    """
    from analysis.atlas import studies_in, write_atlas

    found, lost = studies_in(store), []
    if not found:
        raise InvalidInput(f"The store {store} holds no study: `atlas run STUDY` first.")
    for paths in found:
        try:
            _report(paths, pdf)
        except InvalidInput as error:
            typer.echo(f"{paths.root.name}: {error}", err=True)
            lost.append(paths.root.name)
    typer.echo(f"Atlas: {write_atlas(store)}")
    if lost:
        raise InvalidInput(f"{len(lost)} of {len(found)} reports could not be written: {', '.join(lost)}.")


def _report(paths: StudyPaths, pdf: bool) -> None:
    from analysis.report import write_report

    page = write_report(paths)
    for line in verdicts(page):
        typer.echo(line)
    typer.echo(f"Report: {page}")
    if pdf:
        from analysis.pdf import write_pdf

        typer.echo(f"PDF: {write_pdf(page)}")
