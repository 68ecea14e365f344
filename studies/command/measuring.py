"""The verbs that measure the landscape around what a study found."""

from pathlib import Path
from typing import Annotated

import typer

from studies.command.arguments import StoreOption, StudyArgument
from studies.command.loader import paths_of

__all__ = ["measuring"]

measuring = typer.Typer()


@measuring.command()
def spectrum(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    count: Annotated[int, typer.Option("--count", min=1, help="Eigenvalues from each end of the spectrum.")] = 10,
) -> None:
    """Measure the Hessian's spectrum at the best solution of each group: outer eigenvalues, trace, density."""
    from analysis.spectra import measure_spectra

    found, folder = measure_spectra(paths_of(study, store), count)
    for label, each in found.items():
        run = f"{each.record.recipe.hash}/{each.record.seeds.name}"
        typer.echo(f"{label}: {each.parameters:,} parameters, run {run}")
        typer.echo(f"  largest   {' '.join(f'{value:.4g}' for value in each.top)}")
        typer.echo(f"  smallest  {' '.join(f'{value:.4g}' for value in each.bottom)}")
        error = f" ± {each.trace.standard_error:.2g}" if each.trace.standard_error else ""
        typer.echo(f"  trace     {each.trace.value:.5g}{error}")
        for check in each.checks:
            typer.echo(f"  · {check}")
    typer.echo(f"Written: {folder / 'spectrum.json'}, spectrum.png, spectrum.pdf")
