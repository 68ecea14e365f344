"""The verbs that measure what a solution lies among: critical points, the way to it, how sharp it is."""

from pathlib import Path
from typing import Annotated

import typer

from studies.command.arguments import StoreOption, StudyArgument, SubjectArgument
from studies.command.checkpoint_options import takes_checkpoint
from studies.command.given import CheckpointOptions, given_of, subjects_of
from studies.command.loader import paths_of
from studies.command.numbers import numbers_named
from studies.command.said import say, say_progress, say_written

__all__ = ["surroundings"]

surroundings = typer.Typer()


@surroundings.command()
@takes_checkpoint
def critical(
    options: CheckpointOptions,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    runs: Annotated[int, typer.Option("--runs", help="Runs of each group, at most, from whose ways to start.")] = 1,
    noises: Annotated[
        str, typer.Option("--noise", help="How far around each start to begin as well, in lengths of the weights.")
    ] = "0.1,0.5",
    draws: Annotated[int, typer.Option("--draws", help="Starts around each, at each noise.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Of the noise.")] = 0,
    methods: Annotated[
        str,
        typer.Option(
            "--with",
            help="newton-mr: Newton's method by minimum residuals; gradient-norm: the norm of the gradient minimised.",
        ),
    ] = "newton-mr,gradient-norm",
) -> None:
    """Search for critical points along and around each group's trajectory: their index against their loss."""
    levels = numbers_named("--noise", noises)
    subjects, lines = subjects_of(study, store, options, runs)
    from analysis.critical.of_subjects import measure_critical_points, methods_named

    found, folder = measure_critical_points(
        subjects, noises=levels, draws=draws, seed=seed, methods=methods_named(methods), tell=say_progress
    )
    say(lines)
    for label, each in found.items():
        typer.echo(f"{label}: {each.parameters:,} parameters, {len(each.found)} searches, {each.yield_of()} critical")
        say(f"  · {check}" for check in each.checks)
    say_written(folder, ["critical.json", "critical.png", "critical.pdf"])


@surroundings.command()
@takes_checkpoint
def trajectory(
    options: CheckpointOptions,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    count: Annotated[int, typer.Option("--count", help="Eigenvalues at each point.")] = 3,
    points: Annotated[int, typer.Option("--points", help="On each side of the plane.")] = 51,
) -> None:
    """Measure the plane of each group's training and the largest eigenvalues along it; or of checkpoints in order."""
    of_checkpoints, lines = options.check(study), list[str]()
    from analysis.trajectories.files import measure_trajectory, measure_trajectory_through

    if of_checkpoints:
        given, lines = given_of(options)
        found, folder = measure_trajectory_through(options.files, given, options.folder, count, points)
    else:
        found, folder = measure_trajectory(paths_of(study or "", store), count, points)
    say(lines)
    for label, each in found.items():
        steps = ", ".join(map(str, each.sharpness.steps))
        typer.echo(f"{label}: {len(each.sharpness.steps)} points, at the steps {steps}")
        typer.echo(f"  largest   {' '.join(f'{value:.4g}' for value in each.sharpness.values[:, 0])}")
        say(f"  · {check}" for check in each.checks)
    plane = any(not isinstance(each.plane, str) for each in found.values())
    figures = ["trajectory", "stability"] if plane else ["stability"]
    say_written(
        folder,
        ["trajectory.json", "stability.json", *(f"{name}.{kind}" for name in figures for kind in ("png", "pdf"))],
    )


@surroundings.command()
@takes_checkpoint
def sharpness(
    options: CheckpointOptions,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    radius: Annotated[float, typer.Option("--radius", help="Of the average case, in parts of each weight.")] = 0.1,
    worst_radius: Annotated[float, typer.Option("--worst-radius", help="Of the worst case, likewise.")] = 0.01,
    rise: Annotated[float, typer.Option("--rise", help="Of the loss, at which the width is measured.")] = 0.1,
    draws: Annotated[int, typer.Option("--draws", help="Of noise, for the average case.")] = 100,
    directions: Annotated[int, typer.Option("--directions", help="For the width.")] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Of all draws.")] = 0,
) -> None:
    """Measure the sharpness at the best solution of each group, in three ways that do not see the weights' scale."""
    subjects, lines = subjects_of(study, store, options)
    from analysis.sharpness.measured import measure_sharpness

    found, folder = measure_sharpness(
        subjects,
        radius=radius,
        worst_radius=worst_radius,
        rise=rise,
        draws=draws,
        directions=directions,
        seed=seed,
    )
    say(lines)
    for each in subjects.members:
        own = found[each.label]
        typer.echo(f"{each.label}: loss {own.loss:.4g}, {each.kind} {each.name}")
        typer.echo(f"  average case  {own.average}")
        typer.echo(f"  worst case    {own.worst}")
        typer.echo(f"  width         {own.width}")
        say(f"  · {check}" for check in own.checks)
    say_written(folder, ["sharpness.json"])


@surroundings.command()
def diversity(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    runs: Annotated[int, typer.Option("--runs", help="Runs of each group, at most.")] = 10,
    points: Annotated[int, typer.Option("--points", help="On the line between two snapshots.")] = 25,
) -> None:
    """Measure how much every two snapshots of a run differ, against the barrier between them."""
    paths = paths_of(study, store)
    from analysis.diversity.of_study import measure_diversity, said

    found, folder = measure_diversity(paths, runs=runs, points=points)
    for label, each in found.items():
        typer.echo(f"{label}: runs of seeds {', '.join(each.marks)}")
        say(f"  {line}" for line in said(each))
        say(f"  · {check}" for check in each.checks)
    say_written(folder, ["diversity.json", "diversity.png", "diversity.pdf"])
