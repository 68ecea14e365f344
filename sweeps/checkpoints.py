"""The checkpoint of a run that is under way: one file in its folder, whole or not there."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lightning_modules.backend import Backend
from lightning_modules.recipe import Run
from lightning_modules.training.checkpoint import Checkpoint, Kept
from lightning_modules.training.result import Snapshot
from sweeps.files import write_aside

__all__ = ["checkpoint_name", "fault_of_checkpoint", "read_checkpoint", "remove_checkpoint", "write_checkpoint"]

checkpoint_name = "checkpoint.safetensors"
_seal = "checkpoint"

Arrays = dict[str, npt.NDArray[Any]]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write where a run stands into its folder, in place of an earlier checkpoint."""
    arrays = {name: np.asarray(array, order="C") for name, array in _arrays(checkpoint)}
    about = json.dumps(_about(checkpoint), sort_keys=True)
    # One entry: the library writes several in any order, and the same checkpoint is to be the same bytes.
    seal = json.dumps({"about": about, "sha256": _digest(about, arrays)}, sort_keys=True)
    content = save(arrays, metadata={_seal: seal})
    with write_aside(folder / checkpoint_name) as aside:
        aside.write_bytes(content)


def read_checkpoint(folder: Path, run: Run, backend: Backend) -> Checkpoint | None:
    """Return where a run stands, or None if its folder holds nothing that it could go on from.

    A damaged file is of no use, nor is one of another run, of another backend,
    whose rounding differs, or of another version of this program, whose
    optimizers may keep another state.
    """
    try:
        about, arrays = _read(folder / checkpoint_name)
        if {name: about[name] for name in _origin(run, backend)} != _origin(run, backend):
            return None
        return _checkpoint(run, backend, about, arrays)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


def remove_checkpoint(folder: Path) -> None:
    """Remove a run's checkpoint, if there is one."""
    (folder / checkpoint_name).unlink(missing_ok=True)


def fault_of_checkpoint(path: Path) -> str | None:
    """Return what is wrong with a checkpoint's file, None if it is whole."""
    try:
        _read(path)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        return f"cannot be read ({' '.join(str(error).split())})"
    return None


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    with safe_open(path, framework="numpy") as file:
        metadata = json.loads((file.metadata() or {})[_seal])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    if _digest(metadata["about"], arrays) != metadata["sha256"]:
        raise ValueError("it does not have the checksum that it names")
    return json.loads(metadata["about"]), arrays


def _digest(about: str, arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256(about.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def _origin(run: Run, backend: Backend) -> dict[str, Any]:
    """Return what must agree for a checkpoint to be of use."""
    seeds = dict(vars(run.seeds))
    return {"format": 3, "version": version("lossatlas"), "recipe": run.recipe.hash, "seeds": seeds, "backend": backend}


def _about(checkpoint: Checkpoint) -> dict[str, Any]:
    return _origin(checkpoint.run, checkpoint.backend) | {
        "epochs": checkpoint.epochs,
        "diverged_step": checkpoint.diverged_step,
        "left": checkpoint.weights is None,
        "snapshot_steps": [each.step for each in checkpoint.snapshots],
        "kept_epoch": None if checkpoint.kept is None else checkpoint.kept.epoch,
    }


def _arrays(checkpoint: Checkpoint) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    yield "train_loss", checkpoint.train_loss
    yield "validation_loss", checkpoint.validation_loss
    yield "validation_score", checkpoint.validation_score
    yield "gradient_norm", checkpoint.gradient_norm
    yield "weight_norm", checkpoint.weight_norm
    yield "test_losses", np.array([each.test_loss for each in checkpoint.snapshots], dtype=np.float64)
    if checkpoint.weights is not None:
        yield "weights", checkpoint.weights
    groups = {"carried": checkpoint.carried, "state": checkpoint.state}
    for index, snapshot in enumerate(checkpoint.snapshots):
        groups |= {
            f"snapshots/{index}/weights": snapshot.weights,
            f"snapshots/{index}/predictions": snapshot.predictions,
        }
    if checkpoint.kept is not None:
        yield "kept/weights", checkpoint.kept.weights
        groups["kept/carried"] = checkpoint.kept.carried
    for group, values in groups.items():
        for name, array in values.items():
            yield f"{group}/{name}", array


def _checkpoint(run: Run, backend: Backend, about: Mapping[str, Any], arrays: Arrays) -> Checkpoint:
    test_losses = arrays["test_losses"].tolist()
    snapshots = tuple(
        Snapshot(
            step=step,
            weights=_group(arrays, f"snapshots/{index}/weights"),
            predictions=_group(arrays, f"snapshots/{index}/predictions"),
            test_loss=test_losses[index],
        )
        for index, step in enumerate(about["snapshot_steps"])
    )
    epoch = about["kept_epoch"]
    return Checkpoint(
        run=run,
        backend=backend,
        epochs=about["epochs"],
        diverged_step=about["diverged_step"],
        weights=None if about["left"] else arrays["weights"],
        carried=_group(arrays, "carried"),
        state=_group(arrays, "state"),
        train_loss=arrays["train_loss"],
        validation_loss=arrays["validation_loss"],
        validation_score=arrays["validation_score"],
        gradient_norm=arrays["gradient_norm"],
        weight_norm=arrays["weight_norm"],
        snapshots=snapshots,
        kept=None if epoch is None else Kept(epoch, arrays["kept/weights"], _group(arrays, "kept/carried")),
    )


def _group(arrays: Arrays, group: str) -> Arrays:
    return {name.removeprefix(f"{group}/"): array for name, array in arrays.items() if name.startswith(f"{group}/")}
