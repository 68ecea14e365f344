"""The verb `open`: a report in the browser."""

import webbrowser
from pathlib import Path

import typer

from lightning_modules.errors import InvalidInput
from studies.command.arguments import StoreOption, SubjectArgument
from studies.command.loader import study_name
from sweeps.paths import StudyPaths

__all__ = ["opening"]

opening = typer.Typer()


@opening.command("open")
def open_(study: SubjectArgument = None, store: StoreOption = Path("runs")) -> None:
    """Open a study's report in the browser, or without a study the page of all; without a browser say where it is."""
    page = store / "index.html" if study is None else StudyPaths(store / study_name(study)).report / "index.html"
    if not page.is_file():
        what = "page of all studies" if study is None else f"report of the study {study!r}"
        raise InvalidInput(f"There is no {what} at {page}: `atlas report {study or 'STUDY'}` writes it.")
    try:
        opened = webbrowser.open(page.absolute().as_uri())
    except webbrowser.Error:
        opened = False
    typer.echo(f"Opened: {page}" if opened else f"There is no browser here to open it: {page}")
