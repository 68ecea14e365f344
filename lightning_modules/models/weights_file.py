"""Weights by name, from a file."""

import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from lightning_modules.data.checksum import checksum
from lightning_modules.errors import InvalidInput

__all__ = ["checksum_of_weights", "read_weights"]

Arrays = dict[str, npt.NDArray[Any]]


def read_weights(path: str, prefix: str) -> Arrays:
    """Return the arrays of an ``.npz`` or ``.safetensors`` file whose names begin with a prefix, by the rest of it.

    Raises:
        InvalidInput: if the file cannot be read, or holds no finite real numbers under such names.
    """
    try:
        arrays = _read(Path(path).expanduser())
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, SafetensorError) as error:
        raise InvalidInput(
            f"The weights {path!r} are no .npz or .safetensors file of plain numbers: {error}."
        ) from error
    found = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    if not found:
        raise InvalidInput(
            f"{path} has no names that begin with {prefix!r}, only {', '.join(list(arrays)[:4]) or 'none'}:"
            " give another prefix, or the empty one."
        )
    for name, array in found.items():
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise InvalidInput(f"The weights {name!r} of {path} are not finite real numbers: write them anew.")
    return found


def checksum_of_weights(path: str, prefix: str) -> str:
    """Return the checksum of what `read_weights` returns, read again only when the file was written again.

    Raises:
        InvalidInput: as `read_weights`.
    """
    try:
        status = Path(path).expanduser().stat()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The weights {path!r} cannot be read: {error}.") from error
    return _checksum(path, prefix, str(Path.cwd()), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _checksum(path: str, prefix: str, _folder: str, _written: int, _size: int) -> str:
    return checksum(read_weights(path, prefix))


def _read(path: Path) -> Arrays:
    if path.suffix == ".safetensors":
        return load_file(path)
    # Opened here, because NumPy leaves a broken archive open.
    with path.open("rb") as opened:
        file = np.load(opened, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise ValueError("it holds a single array without a name")
        return {name: file[name] for name in file.files}
