"""Arrays kept in a file, with a checksum beside it."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.data.checksum import checksum
from lightning_modules.errors import InvalidInput

__all__ = ["read_cached", "write_cached"]


def read_cached(file: Path) -> dict[str, npt.NDArray[Any]] | None:
    """Return the arrays that `write_cached` wrote, or None where it did not.

    Raises:
        InvalidInput: if they are not what was written.
    """
    beside = _beside(file)
    if not (file.is_file() and beside.is_file()):
        return None
    try:
        expected = beside.read_text().strip()
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(
            f"The kept data set {file} is damaged ({error}): delete it to have it fetched again."
        ) from error
    if checksum(arrays) != expected:
        raise InvalidInput(
            f"The kept data set {file} is not what {beside.name} says (checksum {checksum(arrays)} instead of"
            f" {expected}): delete both to have it fetched again."
        )
    return arrays


def write_cached(file: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays and their checksum; several processes may do so at the same time.

    Raises:
        InvalidInput: if the folder cannot be written.
    """
    aside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as opened:
            np.savez(opened, **arrays)  # type: ignore[arg-type] # its flag allow_pickle is no array
        aside.replace(file)
        # Last: without a checksum the arrays are taken for unfinished.
        aside.write_text(f"{checksum(arrays)}\n")
        aside.replace(_beside(file))
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise InvalidInput(
            f"The data set cannot be kept in {file.parent} ({error.strerror}): name another folder by LOSSATLAS_DATA."
        ) from error


def _beside(file: Path) -> Path:
    return file.with_suffix(".checksum")
