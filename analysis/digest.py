"""One checksum for many values in memory."""

import hashlib
from collections.abc import Iterable

from torch import Tensor

__all__ = ["digest", "tensor_bytes"]


def digest(parts: Iterable[bytes]) -> bytes:
    """Return the SHA-256 of parts and of where each ends, (32,) bytes."""
    found = hashlib.sha256()
    for part in parts:
        # With the length, so that what ends one part does not begin the next.
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.digest()


def tensor_bytes(values: Tensor) -> Iterable[bytes]:
    """Yield a tensor's shape with its precision, and its values."""
    yield f"{tuple(values.shape)} {values.dtype}".encode()
    yield values.detach().contiguous().cpu().numpy().tobytes()
