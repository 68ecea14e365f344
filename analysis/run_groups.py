"""The groups that a study compares, each with its confirmed runs that did not diverge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from analysis.findings import name_of
from analysis.measured import study_checksum
from analysis.results import StudyResults
from analysis.run_surface import training_surface
from analysis.surface import Surface
from lightning_modules.errors import InvalidInput
from lightning_modules.training.initial_module import initial_module
from lightning_modules.training.stack_data import StackData
from sweeps.groups import by_value
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord

__all__ = ["MeasuredStudy", "RunGroup", "final_loss", "initial_row", "measured_study", "of_pairs", "surface_of"]


@dataclass(frozen=True)
class RunGroup:
    """The best recipe of one group, or a winner of the search.

    Arguments:
        key: what it stands for: ``schedule=cosine``, ``winner``.
        records: of its runs that converged, in the order of the report seeds.
        diverged: how many others were looked at.
    """

    key: str
    records: tuple[RunRecord, ...]
    diverged: int

    @property
    def label(self) -> str:
        """The group in figures: ``cosine``."""
        return name_of(self.key)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The report seeds of its runs."""
        return tuple(record.seeds.init for record in self.records)

    @property
    def names(self) -> list[str]:
        """The runs as files tell them, ``RECIPE/SEEDS``."""
        return [f"{record.recipe.hash}/{record.seeds.name}" for record in self.records]

    @property
    def checks(self) -> tuple[str, ...]:
        """What one has to know to trust what is measured of them, in words."""
        if not self.diverged:
            return ()
        return (f"{self.diverged} of {self.diverged + len(self.records)} runs diverged and are left out",)

    @property
    def over(self) -> str:
        """What an interval over its runs is over, in words."""
        lost = f"; {self.diverged} more diverged and are left out" if self.diverged else ""
        return f"{len(self.records)} runs (initial weights, order and split of the data){lost}"


@dataclass(frozen=True)
class MeasuredStudy:
    """A finished study as measurements see it.

    Arguments:
        checksum: of its file, taken before it was read.
        folder: for what is found.
        unit: of the loss, or empty.
        groups: with a run that converged each.
    """

    checksum: str
    folder: Path
    unit: str
    groups: tuple[RunGroup, ...]

    def only(self, keys: Sequence[str]) -> "MeasuredStudy":
        """Return the study with the groups of these keys alone; with all if no key is given.

        Raises:
            InvalidInput: for a key that no group has.
        """
        named = {each.key: each for each in self.groups}
        if missing := [key for key in keys if key not in named]:
            raise InvalidInput(
                f"There is no group {missing[0]!r} with a run that converged: give some of {'; '.join(named)}."
            )
        return replace(self, groups=tuple(named[key] for key in keys)) if keys else self


def measured_study(paths: StudyPaths, most: int | None = None) -> MeasuredStudy:
    """Return a study with all its compared groups, or the winners of its search, that have a run that converged.

    Arguments:
        paths: of the study.
        most: report seeds of each group, the first ones; all unless given.

    Raises:
        InvalidInput: if the store holds no such study, or no group has such a run.
    """
    checksum = study_checksum(paths)
    results = StudyResults.open(paths)
    found = []
    for key, each in sorted(results.compared.items(), key=lambda item: by_value(item[0])):
        records = list(each.records.values())[:most]
        whole = tuple(record for record in records if record.diverged_step is None)
        if whole:
            found.append(RunGroup(key, whole, len(records) - len(whole)))
    if not found:
        raise InvalidInput(f"{paths.root} has no confirmed run that converged: run the study to its end first.")
    return MeasuredStudy(checksum, paths.landscape, results.loss_unit, tuple(found))


def of_pairs(groups: Iterable[RunGroup], keys: Sequence[tuple[str, str]]) -> list[tuple[RunGroup, RunGroup]]:
    """Return the pairs of groups that have these keys; a pair is left out if one of them has no run that converged."""
    named = {each.key: each for each in groups}
    return [(named[first], named[second]) for first, second in keys if first in named and second in named]


def surface_of(record: RunRecord, dtype: torch.dtype = torch.float32) -> tuple[Surface, Tensor]:
    """Return the surface that a run descended, and its solution there, (parameters,)."""
    weights = record.snapshots()[-1]
    surface = training_surface(record.recipe, record.seeds, weights, dtype)
    return surface, surface.row(weights)


def initial_row(record: RunRecord, surface: Surface) -> Tensor:
    """Return the weights from which a run started, (parameters,), in the surface's precision."""
    data = StackData.of(record.recipe.data, record.recipe.preprocessing, [record.seeds], surface.dtype)
    weights = dict(initial_module(record.run, data).named_parameters())
    return surface.layout.row({name: value.detach() for name, value in weights.items()}).to(surface.dtype)


def final_loss(record: RunRecord) -> float:
    """Return the mean training loss at a run's solution, without penalties."""
    surface, solution = surface_of(record)
    with torch.no_grad():
        return float(surface.mean_loss(solution))
