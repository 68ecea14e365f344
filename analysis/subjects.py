"""What a verb measures: solutions that a study found, or a checkpoint of one's own, and where what is found goes."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Protocol

import torch

from analysis.figures.chosen import shades, whole_runs
from analysis.findings import find, name_of
from analysis.landscape import Landscape
from analysis.measured import study_checksum
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.surface import default_memory
from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["Subject", "Subjects", "of_run", "of_study", "require_writable", "written"]


class MakesLandscape(Protocol):
    """Makes the landscape around a solution."""

    def __call__(self, dtype: torch.dtype, memory: int = default_memory) -> Landscape:
        """Return it, with slices in a precision, evaluated within a memory in bytes."""


@dataclass(frozen=True)
class Subject:
    """One solution whose surroundings are measured.

    Arguments:
        label: in figures and files.
        kind: where its weights come from.
        name: of the run (``RECIPE/SEEDS``) or of the checkpoint's file.
        landscape: makes the landscape around it, with slices in a precision, within a memory; raises `InvalidInput` if
            it has none.
        learning_rate: of its last step; None where it is not known.
        record: of the run; None of a checkpoint.
    """

    label: str
    kind: Literal["run", "checkpoint"]
    name: str
    landscape: MakesLandscape
    learning_rate: float | None = None
    record: RunRecord | None = None


@dataclass(frozen=True)
class Subjects:
    """The solutions that one command measures.

    Arguments:
        members: from the first label to the last; of a label are several where several runs of a group were asked for.
        folder: for what is found.
        colours: of the labels.
        unit: of the losses, or empty.
        study: checksum of the study's file, of which they are; empty for checkpoints.
    """

    members: tuple[Subject, ...]
    folder: Path
    colours: Mapping[str, str]
    unit: str = ""
    study: str = ""


def of_study(paths: StudyPaths, count: int = 1) -> Subjects:
    """Return the best solution of each compared group of a study: the first report seed that did not diverge.

    Arguments:
        paths: of the study.
        count: report seeds of each group, at most.

    Raises:
        InvalidInput: if the store holds no such study, or no confirmed run that converged.
    """
    study = study_checksum(paths)
    results = StudyResults.open(paths)
    findings = find(results)
    require_integer("The number of runs", count, at_least=1)
    runs = whole_runs(findings, count)
    if not runs:
        raise InvalidInput(f"{paths.root} has no confirmed run that converged: run the study to its end first.")
    colour_of = shades(findings)
    members = tuple(of_run(record, name_of(key)) for key, records in runs.items() for record in records)
    shown = {name_of(key): colour_of[key] for key in runs}
    return Subjects(members, paths.landscape, shown, results.loss_unit, study)


def of_run(record: RunRecord, label: str = "") -> Subject:
    """Return a run's last snapshot, in the landscape of its training loss without penalties.

    Raises:
        InvalidInput: for a run without snapshots.
    """
    if not record.snapshot_steps:
        raise InvalidInput(f"{record.folder} has no snapshots: landscapes are of confirmed runs that converged.")

    def landscape(dtype: torch.dtype, memory: int = default_memory) -> Landscape:
        surface = training_surface(record.recipe, record.seeds, record.snapshots()[-1], dtype)
        return Landscape(surface.module, surface.loss, [(surface.inputs, surface.targets)], memory=memory)

    rate = float(record.learning_rates()[record.snapshot_steps[-1] - 1])
    return Subject(label, "run", f"{record.recipe.hash}/{record.seeds.name}", landscape, rate, record)


def require_writable(folder: Path) -> None:
    """Raise `InvalidInput` if nothing can be written to a folder, there or not: before hours of work are lost to it."""
    place = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        why = "Permission denied" if place.is_dir() else f"{place.name} is a file"
        raise InvalidInput(f"{folder} cannot be written ({why}): give another folder.")


@contextmanager
def written(folder: Path, *outdated: str) -> Iterator[Path]:
    """Give an empty folder to write to; at the end its files take the place of those of their names in `folder`.

    On an error nothing of `folder` has changed, and none is made.

    Arguments:
        folder: where the files will lie.
        outdated: patterns of names of an earlier measurement's files, which go unless they are written again.

    Raises:
        InvalidInput: if the folder cannot be written.
    """
    above = next(each for each in folder.absolute().parents if each.exists())
    try:
        with TemporaryDirectory(prefix=".landscape.", dir=folder if folder.is_dir() else above) as aside:
            yield Path(aside)
            folder.mkdir(parents=True, exist_ok=True)
            files = sorted(Path(aside).iterdir())
            for file in files:
                file.replace(folder / file.name)
            for old in {each for pattern in outdated for each in folder.glob(pattern)}:
                if old.name not in {file.name for file in files}:
                    old.unlink()
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise InvalidInput(f"{folder} cannot be written ({error.strerror}): give another folder.") from error
