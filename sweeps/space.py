"""What a study may ask a value from: ranges and choices, and the unit interval that samplers share."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lightning_modules.checks import require_finite
from lightning_modules.component import content_hash, label
from lightning_modules.errors import InvalidInput

__all__ = ["Choice", "Integer", "Log", "Space", "Uniform", "Value", "key_of"]

Value = str | int | float | bool | None


def key_of(option: object) -> Value:
    """Return what stands for an option in a database: a plain value itself, a component by its label and hash."""
    if option is None or isinstance(option, str | int | float | bool):
        return option
    return f"{label(option)} {content_hash(option)}"


@dataclass(frozen=True)
class Uniform:
    """The numbers from `low` to `high`, both possible."""

    low: float
    high: float

    def check(self, name: str) -> None:
        """Raise `InvalidInput` unless this can be asked for, as each of the spaces does."""
        _check_bounds(self.low, self.high, name, require_finite)

    @property
    def middle(self) -> float:
        """The value before any search."""
        return (self.low + self.high) / 2

    def holds(self, value: object) -> bool:
        """Tell whether a value may be proposed."""
        return _is_number(value) and self.low <= value <= self.high  # type: ignore[operator]

    def at(self, unit: float) -> float:
        """Return the value at a place in [0, 1]; equal lengths are equally likely."""
        return min(max(self.low + unit * (self.high - self.low), self.low), self.high)

    def __str__(self) -> str:
        return f"{_number(self.low)} to {_number(self.high)}"


@dataclass(frozen=True)
class Log:
    """The numbers from `low` to `high`, both above 0, evenly in their logarithm."""

    low: float
    high: float

    def check(self, name: str) -> None:
        _check_bounds(self.low, self.high, name, require_finite)
        if self.low <= 0:
            raise InvalidInput(f"The range of {name!r} is {self}: give 0 < low ≤ high for a logarithmic one.")

    @property
    def middle(self) -> float:
        return math.sqrt(self.low * self.high)

    def holds(self, value: object) -> bool:
        return _is_number(value) and self.low <= value <= self.high  # type: ignore[operator]

    def at(self, unit: float) -> float:
        return min(max(self.low * math.exp(unit * math.log(self.high / self.low)), self.low), self.high)

    def __str__(self) -> str:
        return f"{_number(self.low)} to {_number(self.high)}, logarithmic"


@dataclass(frozen=True)
class Integer:
    """The whole numbers from `low` to `high`, both included."""

    low: int
    high: int

    def check(self, name: str) -> None:
        _check_bounds(self.low, self.high, name, _require_whole)

    @property
    def middle(self) -> int:
        return (self.low + self.high) // 2

    def holds(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def at(self, unit: float) -> int:
        return self.low + _cell(unit, self.high - self.low + 1)

    def __str__(self) -> str:
        return f"{self.low} to {self.high}, whole"


@dataclass(frozen=True)
class Choice:
    """One of several options, each by its key (`key_of`)."""

    options: tuple[Value, ...]

    def check(self, name: str) -> None:
        if not self.options:
            raise InvalidInput(f"{name!r} has no options: give at least one.")
        if len(set(self.options)) < len(self.options):
            raise InvalidInput(f"The options of {name!r} are {self}: give each once.")

    @property
    def middle(self) -> Value:
        return self.options[0]

    def holds(self, value: object) -> bool:
        return value in self.options

    def at(self, unit: float) -> Value:
        return self.options[_cell(unit, len(self.options))]

    def __str__(self) -> str:
        return ", ".join(map(str, self.options))


Space = Uniform | Log | Integer | Choice


def _cell(unit: float, count: int) -> int:
    return min(int(unit * count), count - 1)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object) -> str:
    return f"{value:g}" if _is_number(value) else repr(value)


def _require_whole(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInput(f"{name} is {value!r}: give a whole number.")


def _check_bounds(low: object, high: object, name: str, require: Callable[[str, object], None]) -> None:
    require(f"The lower end of {name!r}", low)
    require(f"The upper end of {name!r}", high)
    if low > high:  # type: ignore[operator]
        raise InvalidInput(f"The range of {name!r} is {_number(low)} to {_number(high)}: give low ≤ high.")
