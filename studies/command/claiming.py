"""The verb that writes down what came of the claims of all core studies."""

from pathlib import Path
from typing import Annotated

import typer

from lightning_modules.errors import InvalidInput
from studies.command.arguments import StoreOption
from studies.command.running_all import core_studies
from studies.command.said import write_output
from sweeps.paths import StudyPaths

__all__ = ["claiming"]

claiming = typer.Typer()


@claiming.command()
def results(
    store: StoreOption = Path("runs"),
    output: Annotated[Path, typer.Option("--output", help="The Markdown file to write.")] = Path("RESULTS.md"),
) -> None:
    """Write the claims of all core studies with their verdicts into one table, from what the store holds."""
    studies = [StudyPaths(store / name) for name in core_studies()]
    if missing := [paths.root.name for paths in studies if not paths.study.is_file()]:
        raise InvalidInput(f"The store {store} holds nothing of {', '.join(missing)}: `atlas run --all` first.")
    from analysis.claims_document import claims_document

    write_output(output, claims_document(studies, f"atlas results --output {output}"))
    typer.echo(f"Results: {output}")
