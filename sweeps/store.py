"""The store: the truth about which runs are complete and what came out of them."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.component import Json
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from lightning_modules.score import score_of
from lightning_modules.training.result import RunResult
from sweeps.checkpoints import remove_checkpoint
from sweeps.files import read_json, write_arrays, write_json
from sweeps.known_recipes import KnownRecipes
from sweeps.record import Purpose, RunRecord

__all__ = ["RunStore", "decode_record"]

_record = "record.json"
_format = 1


class RunStore:
    """The runs in one folder, each in ``RECIPE/SEEDS/``.

    A run is complete when its record is there: the record is written last, and
    every file is written aside and renamed.

    Arguments:
        folder: holds a folder for every recipe.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known = KnownRecipes()

    def recipe(self, data: Json) -> Recipe:
        """Return the recipe that `Recipe.to_json` wrote; the same text gives the same object.

        Raises:
            InvalidInput: if the data is not a recipe or no longer valid.
        """
        return self._known.decode(data)

    def path(self, run: Run) -> Path:
        """Return the folder of a run."""
        return self.folder / self._known.hash(run.recipe) / run.seeds.name

    def find(self, run: Run, purpose: Purpose = "search") -> RunRecord | None:
        """Return the record of a run, or None if it is not complete.

        Arguments:
            run: what to look for.
            purpose: a run that was trained for the search only has no snapshots, so it is not complete for another.

        Raises:
            InvalidInput: if the record cannot be read, or is of another recipe.
        """
        folder = self.path(run)
        record = self._read(folder)
        if record is None:
            return None
        if record.run != run:
            raise InvalidInput(
                f"{folder / _record} holds another recipe than its folder's name says:"
                " move the folder away and run again."
            )
        return None if record.purpose == "search" != purpose else record

    def records(self) -> Iterator[RunRecord]:
        """Yield the records of all complete runs, in the order of their folders' names.

        Raises:
            InvalidInput: if a record cannot be read.
        """
        for path in sorted(self.folder.glob(f"*/*/{_record}")):
            if (record := self._read(path.parent)) is not None:
                yield record

    def save(self, result: RunResult, purpose: Purpose) -> RunRecord:
        """Write what a run gave; the record last.

        Arguments:
            result: of a training.
            purpose: a run of the search keeps its record and curves only.
        """
        folder = self.path(result.run)
        score = score_of(result.run.recipe.loss.task)
        curves = {
            "train_loss": result.train_loss.astype(np.float32),
            "validation_loss": result.validation_loss.astype(np.float32),
            f"validation_{score.name}": result.validation_score.astype(np.float32),
            "gradient_norm": result.gradient_norm.astype(np.float32),
            "weight_norm": result.weight_norm.astype(np.float32),
        }
        files = {"curves.safetensors": write_arrays(folder / "curves.safetensors", curves)}
        kept = () if purpose == "search" else result.snapshots
        if kept:
            weights = {f"{i}/{name}": value for i, each in enumerate(kept) for name, value in each.weights.items()}
            predictions: dict[str, npt.NDArray[Any]] = {
                part: np.stack([each.predictions[part] for each in kept]) for part in result.targets
            }
            predictions |= {f"{part}_targets": targets for part, targets in result.targets.items()}
            files["snapshots.safetensors"] = write_arrays(folder / "snapshots.safetensors", weights)
            files["predictions.safetensors"] = write_arrays(folder / "predictions.safetensors", predictions)
        record = {
            "format": _format,
            "recipe": result.run.recipe.to_json(),
            "seeds": vars(result.run.seeds),
            "purpose": purpose,
            "steps_per_epoch": result.steps_per_epoch,
            "diverged_step": result.diverged_step,
            "kept_epoch": result.kept_epoch,
            "metrics": {} if result.diverged_step is not None else _metrics(result, purpose),
            "snapshot_steps": [snapshot.step for snapshot in kept],
            "files": files,
        }
        if result.backend != "auto":
            record["backend"] = result.backend
        # Before the record: a kill in between costs this run's training, and after it the file would stay for ever.
        remove_checkpoint(folder)
        write_json(folder / _record, record)
        return decode_record(folder, record, self._known)

    def _read(self, folder: Path) -> RunRecord | None:
        """Return the record in a folder, None if there is none."""
        path = folder / _record
        try:
            return decode_record(folder, read_json(path), self._known)
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise InvalidInput(f"{path} cannot be read ({error}): move its folder away and run again.") from error


def _metrics(result: RunResult, purpose: Purpose) -> dict[str, float]:
    epoch = result.run.recipe.epochs - 1 if result.kept_epoch is None else result.kept_epoch
    last_steps = slice(epoch * result.steps_per_epoch, (epoch + 1) * result.steps_per_epoch)
    score = score_of(result.run.recipe.loss.task)
    metrics = {
        f"validation_{score.name}": float(result.validation_score[epoch]),
        "validation_loss": float(result.validation_loss[epoch]),
        "train_loss": float(result.train_loss[last_steps].mean()),
    }
    if purpose != "search":
        last = result.snapshots[-1]
        metrics[f"test_{score.name}"] = float(score.of(last.predictions["test"], result.targets["test"]))
        metrics["test_loss"] = last.test_loss
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def decode_record(folder: Path, record: dict[str, Any], known: KnownRecipes) -> RunRecord:
    """Return the record that JSON holds.

    Raises:
        InvalidInput: if it is of another format, or its recipe or its seeds are invalid.
        KeyError, TypeError: if it is no record.
    """
    if record["format"] != _format:
        raise InvalidInput(f"its format is {record['format']}, this program writes {_format}")
    return RunRecord(
        folder=folder,
        run=Run(known.decode(record["recipe"]), Seeds(**record["seeds"])),
        purpose=record["purpose"],
        steps_per_epoch=record["steps_per_epoch"],
        diverged_step=record["diverged_step"],
        kept_epoch=record.get("kept_epoch"),
        metrics=record["metrics"],
        snapshot_steps=tuple(record["snapshot_steps"]),
        files=record["files"],
        backend=record.get("backend", "auto"),
    )
