"""The verbs `track verify` and `track publish`: what trackers hold of a study beside what the store holds."""

from pathlib import Path
from typing import Annotated, cast

import typer

from lightning_modules.errors import InvalidInput
from studies.command.arguments import (
    NoWandbOption,
    StoreOption,
    StudyArgument,
    TrackerOption,
    WandbOption,
    WandbRunsOption,
)
from studies.command.loader import paths_of
from sweeps.describing import Detail
from sweeps.lock import is_locked, locked
from sweeps.paths import StudyPaths
from sweeps.tracking import Tracking

__all__ = ["chosen", "tracking"]

tracking = typer.Typer(help="Compare what W&B holds of a study with its store, or write it anew from there.")


@tracking.command()
def verify(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    wandb_runs: WandbRunsOption = None,
) -> None:
    """Compare W&B's offline files with the store, run by run, by W&B's own reader; exit status 1 if any differs."""
    from analysis.tracked import tell_all
    from sweeps.describing import Collecting
    from sweeps.tracking_check import verify_offline_runs
    from sweeps.writers.wandb_writer import run_folders

    paths = _paths(study, store)
    if is_locked(paths):
        raise InvalidInput(f"Another atlas is at work in {paths.root}: wait for it to end, or `atlas stop` it first.")
    held = run_folders(paths.tracking)
    if not held:
        raise InvalidInput(f"{paths.tracking} holds no W&B runs: `atlas track publish {study}` writes them.")
    details: tuple[Detail, ...] = (
        ("trials", "all") if wandb_runs is None else (chosen(None, False, wandb_runs, None).detail,)
    )
    expected = {}
    for detail in details:
        told = Collecting(paths.root.name, paths, detail)
        tell_all(paths, told)
        expected[detail] = told.runs
    # Whichever way of showing the search there is more of.
    runs = max(expected.values(), key=lambda runs: len(held.keys() & runs.keys()))
    findings = list(verify_offline_runs(runs, paths.tracking))
    for finding in findings:
        typer.echo(finding)
    more = len(held.keys() - runs.keys())
    if more:
        typer.echo(f"{more} W&B runs besides are not of the study as it ran last.")
    if findings:
        typer.echo(f"`atlas track publish {study} --anew` writes all of them once more.")
        raise typer.Exit(1)
    typer.echo(f"{len(runs)} W&B runs hold what {paths.root} holds.")


@tracking.command()
def publish(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    wandb: WandbOption = None,
    no_wandb: NoWandbOption = False,
    wandb_runs: WandbRunsOption = None,
    tracker: TrackerOption = None,
    anew: Annotated[bool, typer.Option("--anew", help="Write again what is written already.")] = False,
) -> None:
    """Write W&B runs from the store: what is missing, was cut short or has changed; twice is once."""
    from analysis.tracked import tell_all
    from sweeps.mirroring import Mirroring

    where = chosen(wandb, no_wandb, wandb_runs, tracker)
    paths = _paths(study, store)
    with locked(paths):
        failed = False
        for writer in where.writers(paths):
            if anew:
                (writer.folder / "finished.txt").unlink(missing_ok=True)
            with Mirroring(paths.root.name, paths, writer, where.detail) as mirror:
                tell_all(paths, mirror)
            failed |= mirror.failure is not None
            if mirror.failure is None:
                typer.echo(f"{writer.title}: {mirror.written} runs written, {mirror.kept} were there: {writer.folder}")
    if failed:
        raise typer.Exit(1)


def chosen(wandb: str | None, no_wandb: bool, wandb_runs: str | None, trackers: list[str] | None) -> Tracking:
    """Return where runs are mirrored, as options say.

    Raises:
        InvalidInput: if they contradict each other, or as `Tracking` does.
    """
    if no_wandb and wandb is not None:
        raise InvalidInput("--wandb and --no-wandb contradict each other: give one of them.")
    # `Tracking` refuses what is no detail.
    return Tracking("disabled" if no_wandb else wandb, cast("Detail", wandb_runs or "trials"), tuple(trackers or ()))


def _paths(study: str, store: Path) -> StudyPaths:
    paths = paths_of(study, store)
    if not paths.study.is_file():
        raise InvalidInput(f"The store {store} holds nothing of the study {study!r}: `atlas run {study}` first.")
    return paths
