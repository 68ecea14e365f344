"""How a study asks for the values of its recipe."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sweeps.study import Budget

__all__ = ["Suggest"]

T = TypeVar("T")


class Suggest(ABC):
    """Proposes values by name, in whatever order a study asks (define by run).

    A recipe may ask for one value or another depending on an earlier one.

    Attributes:
        budget: the budget under which the study runs.
    """

    budget: "Budget"

    @abstractmethod
    def uniform(self, name: str, low: float, high: float) -> float:
        """Propose a number between `low` and `high`, both possible."""

    @abstractmethod
    def log(self, name: str, low: float, high: float) -> float:
        """Propose a number between `low` and `high`, both above 0, evenly in its logarithm."""

    @abstractmethod
    def integer(self, name: str, low: int, high: int) -> int:
        """Propose a whole number from `low` to `high`, both included."""

    @abstractmethod
    def choice(self, name: str, options: Sequence[T]) -> T:
        """Propose one of the options: numbers, strings or components such as schedules."""
