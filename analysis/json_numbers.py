"""Numbers as JSON data, which has none that are not finite."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["listed", "number"]


def listed(values: npt.NDArray[np.float64] | None) -> Any:
    """Return an array as nested lists, in which what is not finite is None; None for None."""
    if values is None:
        return None
    found = values.astype(object)
    found[~np.isfinite(values)] = None
    return found.tolist()


def number(value: float) -> float | None:
    """Return a number, None if it is not finite."""
    return float(value) if np.isfinite(value) else None
