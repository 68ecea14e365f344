"""The verbs that look after a study's store: how far it is."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lightning_modules.errors import InvalidInput
from studies.command import status as status_lines
from studies.command.arguments import StoreOption, StudyArgument
from studies.command.loader import load_study, study_name
from sweeps.paths import StudyPaths
from sweeps.status import status_of

__all__ = ["tending"]

tending = typer.Typer()


@tending.command()
def status(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    watch: Annotated[bool, typer.Option("--watch", help="Renew it in the terminal as long as the study runs.")] = False,
) -> None:
    """Say how far a study is: trials, runs, the best so far, the time left, who is at work, what failed."""
    paths = _paths(study, store)
    if not watch:
        for line in status_lines.lines(status_of(paths)):
            typer.echo(line)
        return
    console = Console()
    if not console.is_terminal:
        raise InvalidInput("--watch needs a terminal: leave it out to say the status once.")
    status_lines.watch(paths, console)


def _paths(study: str, store: Path) -> StudyPaths:
    """Return the study's paths; a study file is loaded only when it is named, because a store may come from anybody."""
    if study.endswith(".py"):
        load_study(study)
    return StudyPaths(store / study_name(study))
