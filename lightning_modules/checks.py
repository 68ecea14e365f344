"""Checks of the numbers a user writes; each raises `InvalidInput` with a sentence that names the culprit."""

import math
from numbers import Integral, Real

from lightning_modules.errors import InvalidInput

__all__ = [
    "require_finite",
    "require_fraction",
    "require_inner_fraction",
    "require_integer",
    "require_integers",
    "require_non_negative",
    "require_positive",
]


def require_integer(name: str, value: object, *, at_least: int) -> None:
    """Raise `InvalidInput` unless `value` is a whole number of at least `at_least`."""
    if type(value) is int and value >= at_least:
        return  # the usual case: to ask an abstract class takes ten times as long
    if isinstance(value, bool) or not isinstance(value, Integral) or value < at_least:
        raise InvalidInput(f"{name} is {value!r}: give a whole number of at least {at_least}.")


def require_integers(name: str, values: object, *, at_least: int) -> None:
    """Raise `InvalidInput` unless `values` is a tuple of whole numbers of at least `at_least`."""
    if not isinstance(values, tuple):
        raise InvalidInput(f"{name} are {values!r}: give a tuple of whole numbers, such as (64, 64) or (64,).")
    for value in values:
        require_integer(f"One of {name[0].lower()}{name[1:]}", value, at_least=at_least)


def require_finite(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` is a finite number."""
    if not _is_finite(value):
        raise InvalidInput(f"{name} is {value!r}: give a finite number.")


def require_positive(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` is a finite number above 0."""
    if not _is_finite(value) or value <= 0:  # type: ignore[operator]
        raise InvalidInput(f"{name} is {value!r}: give a finite number above 0.")


def require_non_negative(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` is a finite number of at least 0."""
    if not _is_finite(value) or value < 0:  # type: ignore[operator]
        raise InvalidInput(f"{name} is {value!r}: give a finite number of at least 0.")


def require_fraction(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` lies in [0, 1)."""
    if not _is_finite(value) or not 0 <= value < 1:  # type: ignore[operator]
        raise InvalidInput(f"{name} is {value!r}: give a number of at least 0 and below 1.")


def require_inner_fraction(name: str, value: object) -> None:
    """Raise `InvalidInput` unless `value` lies in (0, 1)."""
    if not _is_finite(value) or not 0 < value < 1:  # type: ignore[operator]
        raise InvalidInput(f"{name} is {value!r}: give a number above 0 and below 1.")


def _is_finite(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
