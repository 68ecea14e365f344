"""How a verb slices: on which examples, along which directions, how far, how fine, and what is kept on the way."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from analysis.directions import Directions, FilterNormalized
from analysis.run_surface import part_surface
from analysis.slices import Evaluation, LineSlice, PlaneSlice, random_line, random_plane
from analysis.slices.eigenvectors import eigenvector_line, eigenvector_plane
from analysis.slices.reach import Reach, Until
from analysis.slices.refined import Refined
from analysis.statistics import Statistics
from analysis.subjects import Subject, require_writable
from analysis.surface import Surface, default_memory
from lightning_modules.checks import require_integer, require_positive
from lightning_modules.errors import InvalidInput
from lightning_modules.training.stack_data import Part

__all__ = ["Eigenvectors", "Slicing", "chunk_folder"]


@dataclass(frozen=True)
class Eigenvectors:
    """The top eigenvectors of the Hessian of the loss on the training set, as directions."""


@dataclass(frozen=True)
class Slicing:
    """How solutions are sliced.

    Arguments:
        points: on each line, and on each side of a plane.
        reach: as for `random_line`.
        seed: of random directions.
        along: how random directions are scaled, or eigenvectors.
        refined: a plane's points where only some are evaluated; None evaluates all.
        statistics: of batch normalization at every point.
        on: the parts of a study's data, the first with which figures begin; of a checkpoint its data are all.
        memory: bytes that an evaluation may take.

    Raises:
        InvalidInput: for a number that cannot be used, or a part twice.
    """

    points: int = 51
    reach: Reach = 1.0
    seed: int = 0
    along: Directions | Eigenvectors = field(default_factory=FilterNormalized)
    refined: Refined | None = None
    statistics: Statistics = "frozen"
    on: tuple[Part, ...] = ("train",)
    memory: int = default_memory

    def __post_init__(self) -> None:
        if not isinstance(self.reach, Until):
            require_positive("The reach of a slice", self.reach)
        require_integer("The number of points of a slice", self.points, at_least=2)
        require_integer("The seed of the directions", self.seed, at_least=0)
        if not self.on or len(set(self.on)) < len(self.on):
            raise InvalidInput("The examples are named twice, or not at all: give parts such as train,test.")

    def lines(self, subject: Subject, count: int) -> LineSlice:
        """Return a solution's slice along so many lines."""
        (surface, *others), center = self._surfaces(subject)
        evaluation = Evaluation(self.statistics, tuple(others))
        if isinstance(self.along, Eigenvectors):
            pairs = subject.landscape(torch.float64).eigenpairs(count)
            return eigenvector_line(surface, center, pairs, reach=self.reach, points=self.points, evaluation=evaluation)
        return random_line(
            surface,
            center,
            seed=self.seed,
            directions=count,
            reach=self.reach,
            points=self.points,
            drawn=self.along,
            evaluation=evaluation,
        )

    def plane(self, subject: Subject, chunks: Path) -> PlaneSlice:
        """Return a solution's slice in the plane of the first two directions, resumed from what a folder has of it."""
        (surface, *others), center = self._surfaces(subject)
        evaluation = Evaluation(self.statistics, tuple(others), chunks)
        points = self.refined or self.points
        if isinstance(self.along, Eigenvectors):
            pairs = subject.landscape(torch.float64).eigenpairs(2)
            return eigenvector_plane(surface, center, pairs, reach=self.reach, points=points, evaluation=evaluation)
        return random_plane(
            surface,
            center,
            seed=self.seed,
            reach=self.reach,
            points=points,
            drawn=self.along,
            evaluation=evaluation,
        )

    def _surfaces(self, subject: Subject) -> tuple[list[Surface], Tensor]:
        """Return the surface on each part, and the solution's point."""
        record = subject.record
        if record is None:
            if self.on != ("train",):
                raise InvalidInput("A checkpoint has the examples of --data alone: leave out the parts of a study.")
            landscape = subject.landscape(torch.float32, self.memory)
            return [landscape.surface], landscape.weights
        weights = record.snapshots()[-1]
        surfaces = [
            part_surface(record.recipe, record.seeds, weights, part, torch.float32, self.memory) for part in self.on
        ]
        return surfaces, surfaces[0].row(weights)


@contextmanager
def chunk_folder(folder: Path) -> Iterator[Path]:
    """Give a folder for chunks of points within another, which goes when all is done or cannot be done.

    What a kill leaves behind is found by the same command again.

    Raises:
        InvalidInput: if it cannot be written.
    """
    require_writable(folder)
    chunks, made = folder / "chunks", [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        yield chunks
    except InvalidInput:
        shutil.rmtree(chunks, ignore_errors=True)
        for each in made:
            if each.is_dir() and not any(each.iterdir()):
                each.rmdir()
        raise
    shutil.rmtree(chunks, ignore_errors=True)
