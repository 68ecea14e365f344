"""A name for the content of arrays, to see whether a file still holds them."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["checksum"]


def checksum(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """Return 16 hexadecimal digits that depend on the names, types, shapes and values, not on how a file packs them."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.newbyteorder('<').str} {array.shape}\n".encode())
        digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).data)
    return digest.hexdigest()[:16]
