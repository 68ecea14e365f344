"""How a study asks for the values of its recipe."""

import math
import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe

if TYPE_CHECKING:
    from sweeps.study import Budget, Study

__all__ = ["Middle", "Suggest", "build_recipe"]

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
        """Propose one of the options, each different: numbers, strings or components such as schedules."""


class Middle(Suggest):
    """Proposes the middle of every range and the first of every choice: the recipe before any search.

    Arguments:
        budget: the budget under which the study runs.
    """

    def __init__(self, budget: "Budget") -> None:
        self.budget = budget

    def uniform(self, name: str, low: float, high: float) -> float:
        return (low + high) / 2

    def log(self, name: str, low: float, high: float) -> float:
        if not 0 < low <= high:
            raise InvalidInput(f"The range of {name!r} is {low} to {high}: give 0 < low ≤ high for a logarithmic one.")
        return math.sqrt(low * high)

    def integer(self, name: str, low: int, high: int) -> int:
        return (low + high) // 2

    def choice(self, name: str, options: Sequence[T]) -> T:
        if not options:
            raise InvalidInput(f"{name!r} has no options: give at least one.")
        return options[0]


def build_recipe(study: "Study", suggest: Suggest) -> Recipe:
    """Return the study's recipe for these suggestions.

    Raises:
        InvalidInput: if the study's function fails or returns something else; names the line.
    """
    try:
        recipe = study.recipe(suggest)
    except InvalidInput:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        raise InvalidInput(
            f"The study's recipe fails in {frame.filename}, line {frame.lineno}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(recipe, Recipe):
        raise InvalidInput(f"The study's recipe function returned {recipe!r}: return a Recipe.")
    return recipe
