"""The verb that makes ensembles of what a study's store holds."""

from pathlib import Path
from typing import Annotated

import typer

from lightning_modules.errors import InvalidInput
from studies.command.arguments import StoreOption, StudyArgument
from studies.command.loader import paths_of
from studies.command.said import say_written

__all__ = ["ensembling"]

ensembling = typer.Typer()


@ensembling.command()
def ensemble(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            help="snapshot, no-cycle, constant-rate, fge, swa, ema, swag, swag-diagonal, dropout, independent-short or"
            " independent; may be given several times. [default: all]",
        ),
    ] = None,
    average: Annotated[str, typer.Option("--average", help="Of predictions: probabilities or logits.")] = (
        "probabilities"
    ),
    members: Annotated[
        int | None,
        typer.Option("--members", help="Networks averaged at most. [default: all that runs have, and all samples]"),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", help="Networks that swag, swag-diagonal and dropout draw for a run.")
    ] = 10,
    rank: Annotated[int, typer.Option("--rank", help="Of swag's covariance: the last snapshots that it is of.")] = 20,
    decay: Annotated[float, typer.Option("--decay", help="Of ema's average, from one snapshot to the next.")] = 0.5,
    unfamiliar: Annotated[
        str | None,
        typer.Option(
            "--unfamiliar",
            help="Tell unfamiliar inputs by the confidence: noise=1 (deviations), shift=2 (pixels), classes (those that"
            " the data holds out); a list. [default: none]",
        ),
    ] = None,
) -> None:
    """Make ensembles of a study's stored runs, without training, and compare them at equal cost."""
    if average not in ("probabilities", "logits"):
        raise InvalidInput(f"The average is {average!r}: give probabilities or logits.")
    paths = paths_of(study, store)
    from analysis.comparison.tables import aligned
    from analysis.ensembles import table
    from analysis.ensembles.of_study import measure_ensembles
    from analysis.ensembles.unfamiliar import parse_unfamiliar

    others = () if unfamiliar is None else parse_unfamiliar(unfamiliar)
    settings = {"samples": samples, "rank": rank, "decay": decay}
    made = measure_ensembles(paths, tuple(method or ()), average, members, others, settings)  # type: ignore[arg-type]
    for comparison in made.comparisons:
        typer.echo(f"With {comparison.limit}:")
        for line in aligned(table.header(comparison), list(table.texts(comparison))):
            typer.echo(f"  {line}")
        if comparison.beyond:
            typer.echo(f"  Beyond it with one member: {', '.join(comparison.beyond)}.")
        if comparison.alone:
            typer.echo(f"  With one member, which is the single network itself: {', '.join(comparison.alone)}.")
    typer.echo("Gains are over the single network within each seed, above zero is better; means with 95 % t-intervals.")
    for each in made.tables:
        typer.echo(f"{each.title}: {each.note}")
        for line in aligned(each.header, each.texts):
            typer.echo(f"  {line}")
    for name, sentence in made.found.missing.items():
        typer.echo(f"{name}: {sentence}")
    say_written(made.folder, made.files)
