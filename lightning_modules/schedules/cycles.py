"""Cycles of equal length that together fill a training exactly."""

import numpy as np
import numpy.typing as npt

from lightning_modules.errors import InvalidInput

__all__ = ["equal_cycle_ends", "require_room", "triangles"]


def equal_cycle_ends(steps: int, cycles: int) -> tuple[int, ...]:
    """Return how many steps have been taken at the end of each of M cycles: ``round(k T / M)`` for cycle k.

    So all M cycles fit exactly: with ``⌈T / M⌉`` steps each the last would be
    cut short, with ``⌊T / M⌋`` a stray restart would follow it.

    Arguments:
        steps: T.
        cycles: M.
    """
    # Half up, in whole numbers: round() goes to the even neighbour and would make cycles uneven at ties.
    return tuple((2 * k * steps + cycles) // (2 * cycles) for k in range(1, cycles + 1))


def triangles(ends: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return ``1 − |2 x − 1|`` before each step, (steps,), where x in [0, 1) is how much of its cycle has passed.

    Arguments:
        ends: of the cycles, as `Schedule.cycle_ends` gives them.
    """
    lengths = np.diff((0, *ends))
    return np.concatenate([1 - np.abs(2 * np.arange(length) / length - 1) for length in lengths])


def require_room(cycles: int, epochs: int) -> None:
    """Raise `InvalidInput` unless each of these cycles of equal length has an epoch at least."""
    if cycles > epochs:
        raise InvalidInput(
            f"{cycles} cycles do not fit into {epochs} epochs: a cycle needs an epoch at least,"
            " so give fewer cycles or more epochs."
        )
