"""The verb `slurm`: a study as a batch job."""

from pathlib import Path
from typing import Annotated

import typer

from studies.command.arguments import BudgetOption, PerGpuOption, StoreOption, StudyArgument
from studies.command.loader import built_in, load_study
from studies.command.said import write_output
from studies.command.sbatch import Allocation, batch_script

__all__ = ["slurm"]

slurm = typer.Typer()


@slurm.command("slurm")
def slurm_(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    budget: BudgetOption = "default",
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="How many nodes.")] = 1,
    cpus: Annotated[
        int, typer.Option("--cpus-per-node", min=1, help="CPUs of each node: workers, if there are no GPUs.")
    ] = 8,
    gpus: Annotated[int, typer.Option("--gpus-per-node", min=0, help="GPUs of each node.")] = 0,
    per_gpu: PerGpuOption = None,
    time: Annotated[
        str | None, typer.Option("--time", help="Limit, as SLURM writes it. [default: the partition's]")
    ] = None,
    partition: Annotated[str | None, typer.Option("--partition", help="SLURM's partition. [default: its own]")] = None,
    account: Annotated[str | None, typer.Option("--account", help="SLURM's account. [default: your own]")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="The file to write. [default: print the script]")
    ] = None,
) -> None:
    """Write a SLURM batch script that runs a study on a Ray cluster of its own; submitted again, it goes on."""
    loaded = load_study(study)
    loaded.study.budget(budget)
    allocation = Allocation(nodes, cpus, gpus, time, partition, account)
    # A job may start in another folder than this one.
    named = loaded.name if loaded.file in built_in() else str(loaded.file)
    text = batch_script(named, loaded.name, allocation, store.absolute(), budget, per_gpu)
    if output is None:
        typer.echo(text, nl=False)
        return
    write_output(output, text)
    typer.echo(f"Submit it: sbatch {output}")
