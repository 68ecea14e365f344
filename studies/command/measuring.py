"""The verbs that measure the landscape around what a study found, or around a checkpoint."""

from pathlib import Path
from typing import Annotated

import typer

from studies.command.arguments import StoreOption, SubjectArgument
from studies.command.checkpoint_options import takes_checkpoint
from studies.command.given import CheckpointOptions, given_of, subjects_of
from studies.command.loader import paths_of
from studies.command.said import say, say_written

__all__ = ["measuring"]

measuring = typer.Typer()


@measuring.command("slice")
@takes_checkpoint
def slice_(
    options: CheckpointOptions,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    points: Annotated[int, typer.Option("--points", help="On each line, and on each side of a plane.")] = 51,
    reach: Annotated[
        str,
        typer.Option(
            "--reach",
            help="How far to go, a number (1 moves every unit by the norm of its weights), or auto: until the loss on"
            " half of the border is ten times that of the solution.",
        ),
    ] = "1",
    directions: Annotated[int, typer.Option("--directions", help="Lines through each solution.")] = 3,
    normalize: Annotated[
        str | None,
        typer.Option("--normalize", help="How random directions are scaled: filter, layer or raw. [default: filter]"),
    ] = None,
    eigenvectors: Annotated[
        bool, typer.Option("--eigenvectors", help="Go along the Hessian's top eigenvectors, in units of length.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the random directions.")] = 0,
    plane: Annotated[bool, typer.Option("--plane", help="Slice in the plane of two directions as well.")] = False,
    refine: Annotated[
        bool, typer.Option("--refine", help="Evaluate a plane finely only where its loss changes.")
    ] = False,
    statistics: Annotated[
        str, typer.Option("--statistics", help="Of batch normalization: frozen, re-estimated or batch.")
    ] = "frozen",
    on: Annotated[
        str, typer.Option("--on", help="Parts of a study's data: some of train, validation, calibration, test.")
    ] = "train",
    memory: Annotated[str, typer.Option("--memory", help="That an evaluation may take.")] = "4GiB",
) -> None:
    """Slice the loss along lines through the best solution of each group, random ones unless told otherwise.

    A plane that was interrupted goes on where it was when the same command is given again.
    """
    subjects, lines = subjects_of(study, store, options)
    from analysis.profiles import figure_name, measure_lines, measure_planes
    from studies.command.slicing_named import slicing_named

    slicing = slicing_named(
        points=points,
        reach=reach,
        seed=seed,
        normalize=normalize,
        eigenvectors=eigenvectors,
        refine=refine,
        plane=plane,
        statistics=statistics,
        on=on,
        memory=memory,
    )
    found, folder = measure_lines(subjects, slicing, directions=directions)
    planes = measure_planes(subjects, slicing)[0] if plane else {}
    say(lines)
    names = ["slice.json", *(["plane.json"] if plane else [])]
    for each in subjects.members:
        own = found[each.label]
        typer.echo(f"{each.label}: {len(own.losses)} lines of {points} points, {each.kind} {each.name}")
        say(f"  · {check}" for check in own.checks)
        names += [f"{figure_name('slice', each.label)}.{kind}" for kind in ("png", "pdf")]
        if each.label in planes:
            rows, columns = planes[each.label].losses.shape
            typer.echo(f"{each.label}: a plane of {rows} × {columns} points")
            say(f"  · {check}" for check in planes[each.label].checks)
            shown = (figure_name(kind, each.label) for kind in ("plane", "surface"))
            names += [f"{name}.{kind}" for name in shown for kind in ("png", "pdf")]
    say_written(folder, names)


@measuring.command()
@takes_checkpoint
def spectrum(
    options: CheckpointOptions,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    count: Annotated[int, typer.Option("--count", min=1, help="Eigenvalues from each end of the spectrum.")] = 10,
) -> None:
    """Measure the Hessian's spectrum at the best solution of each group: outer eigenvalues, trace, density."""
    subjects, lines = subjects_of(study, store, options)
    from analysis.spectra import measure_spectra

    found, folder = measure_spectra(subjects, count)
    say(lines)
    for label, each in found.items():
        typer.echo(f"{label}: {each.parameters:,} parameters, {each.subject.kind} {each.subject.name}")
        typer.echo(f"  largest   {' '.join(f'{value:.4g}' for value in each.top)}")
        typer.echo(f"  smallest  {' '.join(f'{value:.4g}' for value in each.bottom)}")
        error = f" ± {each.trace.standard_error:.2g}" if each.trace.standard_error else ""
        typer.echo(f"  trace     {each.trace.value:.5g}{error}")
        say(f"  · {check}" for check in each.checks)
    say_written(folder, ["spectrum.json", "spectrum.png", "spectrum.pdf"])


@measuring.command()
@takes_checkpoint
def path(
    options: CheckpointOptions,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    runs: Annotated[int, typer.Option("--runs", help="Runs of each group, at most, and all pairs of them.")] = 10,
    points: Annotated[int, typer.Option("--points", help="On each path, with both ends.")] = 25,
    ways: Annotated[
        str,
        typer.Option(
            "--with",
            help="linear: straight; aligned: straight, hidden units matched first; bezier: along a curve that is"
            " trained, between pairs that share no run.",
        ),
    ] = "linear,aligned",
) -> None:
    """Measure the barriers between the runs of each group and between each run's snapshots, or two checkpoints."""
    of_checkpoints = options.check(study)
    from analysis.barriers import measure_path_between, measure_paths
    from analysis.path_files import said
    from analysis.paths.group import ways_named

    chosen, lines = ways_named(ways), list[str]()
    if of_checkpoints:
        given, lines = given_of(options)
        found, folder = measure_path_between(options.files, given, options.folder, points=points, ways=chosen)
    else:
        found, folder = measure_paths(paths_of(study or "", store), runs=runs, points=points, ways=chosen)
    say(lines)
    for label, each in found.items():
        marks = f"{len(each.names)} runs of seeds {', '.join(each.marks)}" if each.kind == "run" else "two checkpoints"
        typer.echo(f"{label}: {marks}")
        say(f"  {line}" for line in said(each))
        say(f"  · {check}" for check in each.checks)
    figures = ["barriers", "path"] if any(each.paths for each in found.values()) else ["barriers"]
    say_written(folder, ["paths.json", *(f"{name}.{kind}" for name in figures for kind in ("png", "pdf"))])
