"""A run as trackers show it: plain values, and where its curves and its snapshots lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.component import content_hash
from lightning_modules.data.dataset import Task
from lightning_modules.score import score_of
from sweeps.files import read_arrays

__all__ = ["Curves", "MirroredRun", "Predictions", "Rows", "digest_of"]

Rows = Sequence[Mapping[str, Any]]
_parts = ("validation", "calibration", "test")
_format = 2  # of what is mirrored: another one is mirrored anew


@dataclass(frozen=True)
class Curves:
    """The curves of one run of the store, and what is known without reading them.

    Arguments:
        path: the file of the curves.
        checksum: of that file.
        steps_per_epoch: steps in one epoch.
        learning_rate: after each epoch's last step, (epochs,).
    """

    path: Path
    checksum: str
    steps_per_epoch: int
    learning_rate: tuple[float, ...]

    def by_epoch(self) -> dict[str, npt.NDArray[np.float64]]:
        """Return the curves, train_loss as the mean over each epoch's steps, and learning_rate: each (epochs,)."""
        arrays = {name: array.astype(np.float64) for name, array in read_arrays(self.path).items()}
        arrays["train_loss"] = arrays["train_loss"].reshape(len(self.learning_rate), -1).mean(axis=1)
        return arrays | {"learning_rate": np.array(self.learning_rate)}


@dataclass(frozen=True)
class Predictions:
    """What the snapshots of one run of the store predict, and what is known without reading it.

    Arguments:
        path: the file of the predictions.
        checksum: of that file.
        steps: taken at each snapshot.
        task: by which they are scored.
    """

    path: Path
    checksum: str
    steps: tuple[int, ...]
    task: Task

    def rows(self) -> list[dict[str, float]]:
        """Return the step and the scores of each snapshot."""
        arrays, score = read_arrays(self.path), score_of(self.task)
        scores = {part: score.of(arrays[part], arrays[f"{part}_targets"]) for part in _parts}
        return [
            {"step": step} | {f"{part}_{score.name}": float(scores[part][index]) for part in _parts}
            for index, step in enumerate(self.steps)
        ]


@dataclass(frozen=True, kw_only=True)
class MirroredRun:
    """A run of a tracker, in plain values: another process can write it without knowing the recipe's classes.

    Arguments:
        key: what makes it one run and no other; its id is derived from this.
        name: shown to people.
        group: runs of one recipe.
        job_type: search, confirm or study.
        tags: at most 64 characters each.
        config: plain JSON data.
        curves: averaged over these runs of the store.
        sharpness: the Hessian's largest eigenvalue where it was measured, with the steps taken.
        predictions: of the snapshots, which become rows of the summary; None without snapshots.
        numbers: plain JSON data: what is final.
        tables: rows by name.
        figures: image or SVG files with their checksums.
        artifacts: files with their checksums, by the name of what they are together.
    """

    key: tuple[str, ...]
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]
    curves: tuple[Curves, ...] = ()
    sharpness: tuple[tuple[int, float], ...] = ()
    predictions: Predictions | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)
    figures: Mapping[Path, str] = field(default_factory=dict)
    artifacts: Mapping[str, Mapping[Path, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id: the same for the same study, recipe and seeds, wherever and whenever it is mirrored."""
        return digest_of(self.key)

    @property
    def digest(self) -> str:
        """Names the content: a run whose content changed is mirrored again in place of the old one."""
        content = [_format, self.key, self.name, self.tags, list(self.config.items()), list(self.numbers.items())]
        files = [curves.checksum for curves in self.curves] + list(self.figures.values())
        files += [self.predictions.checksum] if self.predictions is not None else []
        files += [f"{name} {each}" for name, held in self.artifacts.items() for each in held.values()]
        return digest_of((repr(content), repr(sorted(files)), repr(self.tables), repr(self.sharpness)))

    def summary(self) -> dict[str, Any]:
        """Return what is final: the numbers, and under ``snapshots`` a row for each snapshot."""
        rows = {} if self.predictions is None else {"snapshots": self.predictions.rows()}
        return {**self.numbers, **rows}

    def history(self) -> list[dict[str, float]]:
        """Return a row for each epoch, and for each other step whose largest eigenvalue is known, by ``step``.

        ``step`` counts steps taken and ``epoch`` epochs, a fraction within one.
        Curves are averaged over the runs that are still finite: ``finite_runs``
        says how many those are, and a value that no run has is left out.
        """
        rows = self._epochs()
        for step, value in self.sharpness:
            epoch = step / self.curves[0].steps_per_epoch
            rows.setdefault(step, {"epoch": epoch, "step": float(step)})["lambda_max"] = value
        return [rows[step] for step in sorted(rows)]

    def _epochs(self) -> dict[int, dict[str, float]]:
        """Return the row of each epoch's end, by steps taken."""
        columns = [curves.by_epoch() for curves in self.curves]
        stacked = {name: np.stack([each[name] for each in columns]) for name in (columns[0] if columns else ())}
        finite = {name: np.isfinite(values) for name, values in stacked.items()}
        rows = {}
        for epoch in range(len(self.curves[0].learning_rate) if self.curves else 0):
            step = (epoch + 1) * self.curves[0].steps_per_epoch
            count = float(finite["train_loss"][:, epoch].sum())
            row = {"epoch": float(epoch + 1), "step": float(step), "finite_runs": count}
            for name, values in stacked.items():
                if finite[name][:, epoch].any():
                    row[name] = float(values[finite[name][:, epoch], epoch].mean())
            rows[step] = row
        return rows


def digest_of(parts: tuple[str, ...]) -> str:
    """Return a short name of texts."""
    return content_hash(list(parts))
