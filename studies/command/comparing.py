"""The verb that compares what a study found."""

from pathlib import Path
from typing import Annotated

import typer

from studies.command.arguments import StoreOption, StudyArgument
from studies.command.loader import paths_of

__all__ = ["comparing"]

comparing = typer.Typer()


@comparing.command()
def compare(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    by: Annotated[
        str | None,
        typer.Option("--by", help="A field by which the study groups, such as schedule. [default: its first]"),
    ] = None,
) -> None:
    """Compare the best recipes of a study's groups, paired by seeds: differences, p-values, seeds needed, ranks."""
    from analysis.comparison.of_study import compare_study
    from analysis.comparison.tables import aligned

    found = compare_study(paths_of(study, store), by)
    for table in found.tables:
        typer.echo(f"{table.title}: {table.note}")
        for line in aligned(table.header, table.texts):
            typer.echo(f"  {line}")
        typer.echo("")
    for note in found.notes:
        typer.echo(f"· {note}")
    typer.echo(f"Written: {found.folder / found.files[0]}, {', '.join(found.files[1:])}")
