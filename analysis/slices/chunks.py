"""Points evaluated in chunks, each kept as a file of its own, so that what a kill interrupts is resumed."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from analysis.digest import digest, tensor_bytes
from analysis.statistics import Statistics
from analysis.surface import Surface, SurfaceValues
from sweeps.files import read_arrays, write_arrays

__all__ = ["evaluate_in_chunks"]


def evaluate_in_chunks(
    surface: Surface,
    origin: Tensor,
    basis: Tensor,
    coordinates: Tensor,
    statistics: Statistics,
    folder: Path,
    points: int,
) -> SurfaceValues:
    """Evaluate as `Surface.at` does, and take what a folder has already.

    A chunk's file is named by all that its values depend on: the module as it
    prints itself and what it keeps, the loss, the examples, the statistics, the
    origin, the directions, the chunk's own coordinates, and what the surface is
    at the origin, which sees what those do not, such as another forward of the
    same name. It is written whole or not at all; one of anything else is never
    read. Resumed, the values are those of a run without interruption bit for
    bit, on the same machine with the same memory.

    Arguments:
        surface: to be evaluated.
        origin: (parameters,).
        basis: directions, (dimensions, parameters).
        coordinates: (points, dimensions).
        statistics: of batch normalization.
        folder: of the files, made where it is missing; several slices may share it.
        points: in a file.

    Raises:
        InvalidInput: for a damaged file.
    """
    common = digest(_content(surface, origin, basis, statistics))
    chunks = [
        _chunk(surface, origin, basis, each, statistics, folder, common + digest(tensor_bytes(each.double())))
        for each in coordinates.split(points)
    ]
    losses, accuracies = (np.concatenate([each[name] for each in chunks]) for name in ("losses", "accuracies"))
    return SurfaceValues(losses, None if surface.loss.task == "regression" else accuracies)


def _chunk(
    surface: Surface,
    origin: Tensor,
    basis: Tensor,
    coordinates: Tensor,
    statistics: Statistics,
    folder: Path,
    content: bytes,
) -> dict[str, npt.NDArray[np.float64]]:
    key = np.frombuffer(digest([content]), dtype=np.uint8)
    path = folder / f"{key.tobytes().hex()}.safetensors"
    if path.exists():
        kept = read_arrays(path)
        # A file that was renamed is another chunk's, whatever it is called.
        if "key" in kept and np.array_equal(kept["key"], key):
            return kept
    found = surface.at(origin, basis, coordinates, statistics)
    accuracies = np.full_like(found.losses, np.nan) if found.accuracies is None else found.accuracies
    values = {"losses": found.losses, "accuracies": accuracies}
    write_arrays(path, {**values, "key": key})
    return values


def _content(surface: Surface, origin: Tensor, basis: Tensor, statistics: Statistics) -> Iterable[bytes]:
    """Yield all that the values at given coordinates depend on."""
    loss = type(surface.loss)
    yield f"{surface.module!r} {loss.__module__}.{loss.__qualname__} {statistics} {surface.dtype}".encode()
    for name, value in surface.carried.items():
        yield name.encode()
        yield from tensor_bytes(value)
    yield surface.examples_digest
    for tensor in (origin, basis):
        yield from tensor_bytes(tensor)
    there = surface.at(origin, basis, torch.zeros(1, len(basis), dtype=torch.float64), statistics)
    yield there.losses.tobytes()
    yield b"" if there.accuracies is None else there.accuracies.tobytes()
