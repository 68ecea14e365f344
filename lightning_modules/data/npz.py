"""A user's own data set, from a file that NumPy wrote."""

import os
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.data.checksum import checksum
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.errors import InvalidInput

__all__ = ["Npz"]


@dataclass(frozen=True)
class Npz(Data):
    """The arrays ``inputs`` (examples, *shape) and ``targets`` (examples,) of an ``.npz`` file.

    Write it with ``np.savez("mine.npz", inputs=…, targets=…)``. Inputs are
    numbers, images (channels, height, width). Targets of a whole-number type
    are classes, counted from 0; those of a floating type are real numbers to be
    predicted, (examples,) or (examples, outputs).

    A recipe is named by what the file holds, not by where it lies: changed
    data is another recipe, and a moved file is the same.

    Arguments:
        path: of the file; a relative one is relative to the folder that the program was started in, so a study
            that brings its data along says ``Path(__file__).parent / "mine.npz"``.
        checksum: of the arrays, read from the file unless given. A record gives it, and then the file is read
            on loading only.

    Raises:
        InvalidInput: if the file cannot be read, holds no such arrays, or on loading, other ones than the checksum's.
    """

    path: str = field(compare=False)
    checksum: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", os.fspath(self.path))
        if not self.checksum:
            object.__setattr__(self, "checksum", _checksum_of(self.path))

    def load(self) -> Dataset:
        arrays = _read(self.path)
        found = checksum(arrays)
        if found != self.checksum:
            raise InvalidInput(
                f"{self.path} does not hold the data that this recipe was made of (checksum {found} instead of"
                f" {self.checksum}): restore the file, or begin a new study with what it holds now."
            )
        inputs, targets = arrays["inputs"].astype(np.float32), arrays["targets"]
        if targets.dtype.kind == "f":
            return Dataset(inputs, targets.reshape(len(targets), -1).astype(np.float32), classes=None)
        return Dataset(inputs, targets.astype(np.int64), classes=int(targets.max()) + 1)


def _checksum_of(path: str) -> str:
    # A study makes its recipe anew for every trial: the file is read again only when it was written again.
    try:
        status = Path(path).expanduser().stat()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: the home of a user who does not exist
        raise InvalidInput(f"The data file {path!r} cannot be read: {error}.") from error
    return _read_checksum(path, str(Path.cwd()), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _read_checksum(path: str, _folder: str, _written: int, _size: int) -> str:
    return checksum(_read(path))


def _read(path: str) -> dict[str, npt.NDArray[Any]]:
    """Return the two arrays as the file has them."""
    try:
        # Opened here, because NumPy leaves a broken archive open.
        with Path(path).expanduser().open("rb") as opened:
            arrays = _arrays(path, np.load(opened, allow_pickle=False))
    except InvalidInput:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(f"The data file {path!r} is no .npz file of plain numbers: {error}.") from error
    _check(path, **arrays)
    return arrays


def _arrays(path: str, file: Any) -> dict[str, npt.NDArray[Any]]:
    if isinstance(file, np.ndarray):
        raise InvalidInput(f"{path} holds a single array: write it with np.savez(path, inputs=…, targets=…).")
    missing = {"inputs", "targets"} - set(file.files)
    if missing:
        raise InvalidInput(
            f"{path} holds {', '.join(file.files) or 'nothing'} and not {' and '.join(sorted(missing))}:"
            " write it with np.savez(path, inputs=…, targets=…)."
        )
    return {name: file[name] for name in ("inputs", "targets")}


def _check(path: str, inputs: npt.NDArray[Any], targets: npt.NDArray[Any]) -> None:
    if inputs.dtype.kind not in "fiub" or inputs.ndim < 2 or inputs.size == 0:
        raise InvalidInput(
            f"The inputs of {path} are {inputs.dtype} of shape {inputs.shape}: give real numbers (examples, *shape)."
        )
    real = targets.dtype.kind == "f" and targets.ndim in (1, 2) and targets.size
    if targets.shape[:1] != inputs.shape[:1] or not (real or (targets.dtype.kind in "iu" and targets.ndim == 1)):
        raise InvalidInput(
            f"The targets of {path} are {targets.dtype} of shape {targets.shape}:"
            f" give one whole number for each of the {len(inputs)} examples, or real numbers."
        )
    for name, values in (("inputs", inputs), ("targets", targets)):
        with np.errstate(over="ignore"):
            finite = np.isfinite(values.astype(np.float32)).reshape(len(values), -1).all(axis=1)
        if not finite.all():
            raise InvalidInput(
                f"The {name} of {path} are not finite in single precision, first in example {int((~finite).argmax())}:"
                " leave such examples out or fill them in."
            )
    if not real:
        _check_classes(path, targets)


def _check_classes(path: str, targets: npt.NDArray[Any]) -> None:
    present = np.unique(targets)
    if len(present) < 2 or not np.array_equal(present, np.arange(len(present))):
        raise InvalidInput(
            f"The targets of {path} are the classes {', '.join(map(str, present[:8]))}{', …' * (len(present) > 8)}:"
            " give two or more, counted from 0 without a gap."
        )
