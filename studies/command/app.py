"""The verbs of `atlas`."""

import atexit
import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lightning_modules.backend import backend_named
from lightning_modules.errors import InvalidInput
from studies.command import show
from studies.command.arguments import (
    AcceleratorOption,
    AddressOption,
    BackendOption,
    BudgetOption,
    ExecutorOption,
    NoWandbOption,
    PerGpuOption,
    PrecisionOption,
    StorageOption,
    StoreOption,
    StudyArgument,
    SubjectArgument,
    TrackerOption,
    WandbOption,
    WandbRunsOption,
    WorkersOption,
)
from studies.command.checking import checking
from studies.command.claiming import claiming
from studies.command.comparing import comparing
from studies.command.dashboard import dashboard
from studies.command.ensembling import ensembling
from studies.command.helping import helping
from studies.command.loader import built_in, load_study, study_name
from studies.command.measuring import measuring
from studies.command.opening import opening
from studies.command.reporting import reporting
from studies.command.resume import command_of, words_given, words_of
from studies.command.running_all import core_studies, run_all
from studies.command.show_run import is_run, run_lines
from studies.command.slurm import slurm
from studies.command.surroundings import surroundings
from studies.command.tending import tending
from studies.command.tracking import chosen, tracking
from sweeps.executors.placement import Placement
from sweeps.files import disk_fault
from sweeps.paths import StudyPaths
from sweeps.preview import preview

__all__ = ["app", "main"]

app = typer.Typer(
    help="Train hundreds of small networks at once and map where they land.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyOrRun = Annotated[
    str, typer.Argument(metavar="STUDY|RUN", help="A study, or a run's folder, or its RECIPE/SEEDS within the store.")
]
app.add_typer(tending)
app.add_typer(measuring)
app.add_typer(surroundings)
app.add_typer(ensembling)
app.add_typer(comparing)
app.add_typer(claiming)
app.add_typer(checking)
app.add_typer(reporting)
app.add_typer(slurm)
app.add_typer(tracking, name="track")
app.add_typer(dashboard)
app.add_typer(opening)
app.add_typer(helping)


def main() -> None:
    """Run the command line; what a user got wrong is one sentence and exit status 2."""
    # What is left when the program ends need not be searched for garbage, which takes a second once torch is loaded.
    atexit.register(gc.freeze)
    try:
        app()
    except InvalidInput as error:
        typer.echo(f"atlas: {error}", err=True)
        sys.exit(2)
    except Exception as error:
        if (sentence := disk_fault(error)) is None:
            raise
        typer.echo(f"atlas: {sentence}", err=True)
        sys.exit(2)


@app.command("list")
def list_() -> None:
    """List the built-in studies with their questions."""
    for file in built_in():
        typer.echo(f"{file.stem:<18} {load_study(file.stem).study.question}")


@app.command("show")
def show_(study: StudyOrRun, store: StoreOption = Path("runs")) -> None:
    """Show a study, its question, recipe, budgets, claims and progress, or a run: its record, curves, snapshots."""
    if is_run(study):
        for line in run_lines(study, store):
            typer.echo(line)
        return
    loaded = load_study(study)
    for line in show.lines(loaded, StudyPaths(store / loaded.name)):
        typer.echo(line)


@app.command()
def run(
    context: typer.Context,
    study: SubjectArgument = None,
    store: StoreOption = Path("runs"),
    budget: BudgetOption = "default",
    executor: ExecutorOption = None,
    workers: WorkersOption = None,
    per_gpu: PerGpuOption = None,
    address: AddressOption = None,
    stack_size: Annotated[
        int | None,
        typer.Option("--stack-size", help="The most runs trained together. [default: what caches and memory hold]"),
    ] = None,
    checkpoint_every: Annotated[
        int | None,
        typer.Option("--checkpoint-every", help="Epochs between checkpoints of a stack. [default: a minute]"),
    ] = None,
    precision: PrecisionOption = None,
    accelerator: AcceleratorOption = "auto",
    backend: BackendOption = "auto",
    deterministic: Annotated[
        bool,
        typer.Option(
            "--deterministic/--no-deterministic",
            help="Propose in an order that no timing changes; without, no worker ever waits for a slow trial.",
        ),
    ] = True,
    storage: StorageOption = None,
    wandb: WandbOption = None,
    no_wandb: NoWandbOption = False,
    wandb_runs: WandbRunsOption = None,
    tracker: TrackerOption = None,
    every: Annotated[bool, typer.Option("--all", help="Run all core studies, one after the other.")] = False,
) -> None:
    """Search, confirm the winners on fresh seeds, and write the report; run again, it goes on where it was left."""
    from studies.command.executors import ExecutorOptions
    from studies.command.run import RunOptions, run_study
    from sweeps.stopping import Stopped

    if every == (study is not None):
        raise InvalidInput("Give the name or the file of a study, or --all for all core studies.")
    if study is None:
        if storage is not None:
            os.environ["ATLAS_STORAGE"] = storage
        sys.exit(run_all(core_studies(), [word for word in words_given(context) if word != "--all"], store))
    loaded = load_study(study).in_precision(precision)
    preview(loaded.study, budget)
    placement = Placement(accelerator, stack_size, backend_named(backend), checkpoint_every)
    trainer = ExecutorOptions(executor, workers, per_gpu, address)
    trainer.check(placement)
    mirrored = chosen(wandb, no_wandb, wandb_runs, tracker)
    paths = StudyPaths(store / loaded.name)
    try:
        options = RunOptions(budget, trainer, placement, mirrored, deterministic, storage)
        run_study(loaded, options, paths, Console(), words_given(context))
    except Stopped:
        typer.echo(
            f"Stopped: what was under way is finished and written in {paths.root}, and"
            f" `{command_of('resume', study, store)}` goes on from there.",
            err=True,
        )
        sys.exit(130)
    except KeyboardInterrupt:
        typer.echo(
            f"Interrupted: everything written so far is kept in {paths.root}, and the same command goes on from there.",
            err=True,
        )
        sys.exit(130)


@app.command()
def stop(study: StudyArgument, store: StoreOption = Path("runs")) -> None:
    """Ask the atlas that runs a study to finish the stacks under way and leave, as one Ctrl-C does."""
    from sweeps.stopping import ask_to_stop

    paths = StudyPaths(store / study_name(study))
    ask_to_stop(paths)
    typer.echo(f"Asked: the stacks under way in {paths.root} are finished first.")


@app.command()
def resume(study: StudyArgument, store: StoreOption = Path("runs")) -> None:
    """Run a study again with the budget and the options with which it last ran."""
    words = words_of(StudyPaths(store / study_name(study)), study)
    typer.echo(" ".join(["atlas run", study, *words]))
    app(["run", study, *words, "--store", str(store)])


@app.command()
def train(
    study: StudyArgument,
    seed: Annotated[int, typer.Option("--seed", help="The init, order and split seed.")],
    store: StoreOption = Path("runs"),
    budget: BudgetOption = "default",
    precision: PrecisionOption = None,
    accelerator: AcceleratorOption = "auto",
    backend: BackendOption = "auto",
) -> None:
    """Train one run of a study: its best recipe so far, or before any search the middle of its ranges."""
    from studies.command.train import train_one

    loaded = load_study(study)
    placement = Placement(accelerator, backend=backend_named(backend))
    placement.check()
    for line in train_one(loaded, budget, StudyPaths(store / loaded.name), seed, precision, placement):
        typer.echo(line)
