"""The verbs that look after a study's store: how far it is, whether it is sound, its runs as a table."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lightning_modules.errors import InvalidInput
from studies.command import status as status_lines
from studies.command.arguments import StoreOption, StudyArgument
from studies.command.loader import paths_of
from studies.command.said import say
from sweeps.status import status_of

__all__ = ["tending"]

tending = typer.Typer()


@tending.command()
def status(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    watch: Annotated[bool, typer.Option("--watch", help="Renew it in the terminal as long as the study runs.")] = False,
) -> None:
    """Say how far a study is: trials, runs, the best so far by group, the time left, who is at work, what failed."""
    paths, console = paths_of(study, store), Console()
    if not watch:
        say(status_lines.lines(status_of(paths), *([console.width] if console.is_terminal else [])))
        return
    if not console.is_terminal:
        raise InvalidInput("--watch needs a terminal: leave it out to say the status once.")
    status_lines.watch(paths, console)


@tending.command()
def verify(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    quick: Annotated[bool, typer.Option("--quick", help="Leave out checksums and arrays.")] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="Move what is broken into STORE/STUDY/damaged, to be trained again.")
    ] = False,
) -> None:
    """Check every record, file, checksum and array of a study; exit status 1 if anything is wrong."""
    from sweeps.mending import mend as move_aside
    from sweeps.verification import verify as findings_of

    paths = paths_of(study, store)
    findings = list(findings_of(paths, quick=quick))
    for finding in findings:
        typer.echo(str(finding))
    if not findings:
        typer.echo(f"Nothing is wrong in {paths.root}.")
        return
    if mend:
        moved = move_aside(paths, findings)
        typer.echo(f"Moved {len(moved)} files or folders into {paths.damaged}: `atlas run {study}` mends the rest.")
    raise typer.Exit(1)


@tending.command()
def export(
    study: StudyArgument,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    store: StoreOption = Path("runs"),
    form: Annotated[str, typer.Option("--format", help="csv, or parquet, which needs pyarrow.")] = "csv",
    per: Annotated[str, typer.Option("--per", help="A row for each run, or for each snapshot.")] = "run",
) -> None:
    """Write a table of all complete runs: recipe, seeds, purpose, metrics, steps."""
    from sweeps.export import rows, write_csv, write_parquet

    writers = {"csv": write_csv, "parquet": write_parquet}
    if form not in writers:
        raise InvalidInput(f"The format is {form!r}: give --format csv or parquet.")
    if per not in ("run", "snapshot"):
        raise InvalidInput(f"A row is for each {per!r}: give --per run or snapshot.")
    if out.is_dir():
        raise InvalidInput(f"{out} is a folder: give --out the name of a file.")
    table = list(rows(paths_of(study, store), "run" if per == "run" else "snapshot"))
    writers[form](out, table)
    typer.echo(f"{len(table)} rows: {out}")
