"""Arguments and options that several verbs take."""

import re
from pathlib import Path
from typing import Annotated

import typer

from lightning_modules.errors import InvalidInput

__all__ = [
    "AcceleratorOption",
    "AddressOption",
    "BackendOption",
    "BudgetOption",
    "CheckpointOption",
    "DataOption",
    "ExecutorOption",
    "LossOption",
    "ModelOption",
    "NoWandbOption",
    "OutputOption",
    "PerGpuOption",
    "PrecisionOption",
    "StorageOption",
    "StoreOption",
    "StudyArgument",
    "SubjectArgument",
    "TrackerOption",
    "WandbOption",
    "WandbRunsOption",
    "WorkersOption",
]

StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="A built-in study's name, or the path of a file.")]
SubjectArgument = Annotated[
    str | None, typer.Argument(metavar="STUDY", help="A built-in study's name, or the path of a file.")
]


def _no_url(folder: Path) -> Path:
    """Refuse a URL, which a path has lost one slash of.

    Raises:
        InvalidInput: for a URL.
    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", str(folder)):
        raise InvalidInput(f"The store {folder} is a URL: give a folder, on a file system that all nodes share.")
    return folder


StoreOption = Annotated[
    Path, typer.Option("--store", callback=_no_url, help="Folder that holds everything of every study.")
]
BudgetOption = Annotated[str, typer.Option("--budget", help="How much to spend: smoke, default or full.")]
PrecisionOption = Annotated[
    str | None,
    typer.Option(
        "--precision",
        help="32-true, 64-true, or bf16-mixed: products of training in bfloat16. [default: as the recipe says]",
    ),
]
AcceleratorOption = Annotated[str, typer.Option("--accelerator", help="What to train on: auto, cpu, gpu or mps.")]
BackendOption = Annotated[
    str,
    typer.Option(
        "--backend",
        help="How steps are taken: compiled, chain, functional, or auto, the first that can.",
    ),
]
ExecutorOption = Annotated[
    str | None,
    typer.Option(
        "--executor", help="What trains: local (worker processes here), ray (a cluster), in-process. [default: local]"
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=0,
        help="Worker processes of one thread, spread over the GPUs if there are any; 0 trains in this one."
        " [default: one a GPU, or without GPUs one a core]",
    ),
]
PerGpuOption = Annotated[
    int | None,
    typer.Option("--per-gpu", min=1, help="Workers that share each GPU, in place of --workers. [default: 1]"),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="HOST:PORT of a running Ray cluster of which this machine is a node, or auto to find it."
        " [default: start one on this machine]",
    ),
]
StorageOption = Annotated[
    str | None,
    typer.Option(
        "--storage",
        envvar="ATLAS_STORAGE",
        help="URL of a database for the search, as SQLAlchemy has it. [default: SQLite in the store]",
    ),
]
CheckpointOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="Weights to measure in the place of a study's: .safetensors, or the torch.save of a state_dict or of a"
        " Lightning checkpoint; nothing in it is executed.",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="MODULE:FACTORY", help="A function that returns the checkpoint's nn.Module."),
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="MODULE:LOADER", help="A DataLoader of inputs and targets, or what returns one."),
]
LossOption = Annotated[
    str | None,
    typer.Option(
        "--loss",
        help="A loss of this package, such as hinge, or MODULE:NAME."
        " [default: cross-entropy for whole targets, else squared-error]",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", help="Folder for what is found of a checkpoint. [default: landscape/NAME]"),
]
WandbOption = Annotated[
    str | None,
    typer.Option(
        "--wandb", metavar="MODE", help="Mirror the runs in W&B: online or offline. [default: WANDB_MODE, or offline]"
    ),
]
NoWandbOption = Annotated[bool, typer.Option("--no-wandb", help="Do without W&B.")]
WandbRunsOption = Annotated[
    str | None,
    typer.Option(
        "--wandb-runs",
        help="What of the search is a tracker's run: trials, or all for every training. [default: trials]",
    ),
]
TrackerOption = Annotated[
    list[str] | None,
    typer.Option("--tracker", metavar="NAME", help="Mirror the runs there too: csv, tensorboard, mlflow; repeatable."),
]
