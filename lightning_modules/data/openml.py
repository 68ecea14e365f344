"""Data sets of openml.org, fetched once and kept on this machine."""

import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.checks import require_integer, require_integers
from lightning_modules.data.cached_arrays import read_cached, write_cached
from lightning_modules.data.dataset import Data, Dataset
from lightning_modules.errors import InvalidInput

__all__ = ["OpenML", "data_folder"]


@dataclass(frozen=True)
class OpenML(Data):
    """A classification data set of openml.org, its classes in the order of their names.

    It is fetched by `sklearn.datasets.fetch_openml` when it is first loaded,
    and from then on read from `data_folder`, without the network; a checksum
    beside it tells when the kept copy has been damaged.

    Arguments:
        name: as openml.org has it.
        version: as openml.org has it; versions of one name can be different data.
        shape: of one example, for images (channels, height, width); the features as they come if left out.

    Raises:
        InvalidInput: for a version below 1 or sizes below 1; on loading, if the data set is not kept and cannot be
            fetched, is damaged, is not one of numbers and classes, or is not of this shape.

    References:
        | OpenML: networked science in machine learning (Vanschoren et al., 2014)
        | https://doi.org/10.1145/2641190.2641198
    """

    name: str
    version: int = 1
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or not set(self.name) <= _letters:
            raise InvalidInput(f"{self.name!r} names no data set of openml.org: copy the name from its page.")
        require_integer(f"The version of {self.name}", self.version, at_least=1)
        require_integers(f"The sizes of the shape of {self.name}", self.shape, at_least=1)

    def load(self) -> Dataset:
        file = data_folder() / f"{self.name}-{self.version}.npz"
        arrays = read_cached(file)
        if arrays is None:
            arrays = self._fetch(file.parent)
            write_cached(file, arrays)
        inputs, targets = arrays["inputs"].astype(np.float32), arrays["targets"].astype(np.int64)
        if self.shape and math.prod(self.shape) != inputs.shape[1]:
            raise InvalidInput(
                f"{self.name} has {inputs.shape[1]} features, which are not {'×'.join(map(str, self.shape))}:"
                " give another shape."
            )
        return Dataset(inputs.reshape(len(inputs), *(self.shape or inputs.shape[1:])), targets, int(targets.max()) + 1)

    def _fetch(self, folder: Path) -> dict[str, npt.NDArray[Any]]:
        from http.client import HTTPException  # loads all of TLS

        from sklearn.datasets import fetch_openml

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what goes wrong is told below, in one sentence
                # The parser that needs no pandas: slower, but the result is kept.
                bunch = fetch_openml(
                    self.name,
                    version=self.version,
                    data_home=str(folder),
                    as_frame=False,
                    parser="liac-arff",
                    n_retries=1,
                )
        except (OSError, EOFError, HTTPException) as error:
            raise InvalidInput(
                f"The data set {self.name} (version {self.version}) is not in {folder} and cannot be fetched from"
                f" openml.org ({error}): connect this machine to the network once, or copy that folder from one that"
                " has it."
            ) from error
        except ValueError as error:
            raise InvalidInput(
                f"What openml.org gives for {self.name} (version {self.version}) cannot be used: {error}"
            ) from error
        return _arrays(f"{self.name} (version {self.version})", bunch.data, bunch.target)


_letters = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.()")


def data_folder() -> Path:
    """Return where fetched data sets are kept: $LOSSATLAS_DATA, or ``lossatlas`` in the user's cache folder."""
    own = os.environ.get("LOSSATLAS_DATA")
    if own:
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "lossatlas"


def _arrays(title: str, data: Any, target: Any) -> dict[str, npt.NDArray[Any]]:
    """Return inputs (examples, features) and the classes as numbers from 0, by the order of their names."""
    if not isinstance(data, np.ndarray) or data.dtype.kind not in "fiu" or not np.isfinite(data).all():
        raise InvalidInput(f"{title} of openml.org has features that are no numbers, or missing ones: use another.")
    if not isinstance(target, np.ndarray) or target.shape != data.shape[:1] or target.dtype.kind not in "OU":
        raise InvalidInput(f"{title} of openml.org has no single column of classes to predict: use another.")
    _, targets = np.unique(target.astype(str), return_inverse=True)
    return {"inputs": _smallest(data), "targets": targets.astype(np.int64)}


def _smallest(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return pixels as bytes and other numbers in single precision."""
    if values.min() >= 0 and values.max() <= 255 and np.array_equal(values, np.floor(values)):
        return values.astype(np.uint8)
    return values.astype(np.float32)
