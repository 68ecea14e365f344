"""How a study asks for the values of its recipe."""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.space import Choice, Integer, Log, Space, Uniform, Value, key_of

if TYPE_CHECKING:
    from sweeps.study import Budget, Study

__all__ = ["Middle", "Suggest", "build_recipe"]

T = TypeVar("T")


class Suggest(ABC):
    """Proposes values by name, in whatever order a study asks (define by run).

    A recipe may ask for one value or another depending on an earlier one. A
    name that is asked for again gives the same value again.

    Arguments:
        budget: the budget under which the study runs.

    Attributes:
        asked: what was asked for so far, by name, in order.
        values: what was proposed, by name.
    """

    def __init__(self, budget: "Budget") -> None:
        self.budget = budget
        self.asked: dict[str, Space] = {}
        self.values: dict[str, Value] = {}

    def uniform(self, name: str, low: float, high: float) -> float:
        """Propose a number between `low` and `high`, both possible."""
        return float(self._ask(name, Uniform(low, high)))  # type: ignore[arg-type]

    def log(self, name: str, low: float, high: float) -> float:
        """Propose a number between `low` and `high`, both above 0, evenly in its logarithm."""
        return float(self._ask(name, Log(low, high)))  # type: ignore[arg-type]

    def integer(self, name: str, low: int, high: int) -> int:
        """Propose a whole number from `low` to `high`, both included."""
        return int(self._ask(name, Integer(low, high)))  # type: ignore[arg-type]

    def choice(self, name: str, options: Sequence[T]) -> T:
        """Propose one of the options, each different: numbers, strings or components such as schedules."""
        with _Placed():
            space = Choice(tuple(key_of(option) for option in options))
        return options[space.options.index(self._ask(name, space))]

    @abstractmethod
    def propose(self, name: str, space: Space) -> Value:
        """Propose a value that a space holds; an option by its key."""

    def _ask(self, name: str, space: Space) -> Value:
        with _Placed():
            space.check(name)
            if (before := self.asked.get(name, space)) != space:
                raise InvalidInput(f"{name!r} was asked for from {before}, and now from {space}: give another name.")
            if name not in self.asked:
                self.values[name] = self.propose(name, space)
                self.asked[name] = space
        return self.values[name]


class Middle(Suggest):
    """Proposes the middle of every range and the first of every choice: the recipe before any search."""

    def propose(self, name: str, space: Space) -> Value:
        return space.middle


class _Placed:
    """Says in the sentence of an error which line of the study asked."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidInput):
            stack = reversed(traceback.extract_stack())
            frame = next(frame for frame in stack if frame.filename != __file__)
            raise InvalidInput(f"{frame.filename}, line {frame.lineno}: {error}") from error


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
        frames = traceback.extract_tb(error.__traceback__)
        code = getattr(study.recipe, "__code__", None)
        frame = [*frames, *(each for each in frames if code and each.filename == code.co_filename)][-1]
        raise InvalidInput(
            f"The study's recipe fails in {frame.filename}, line {frame.lineno}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(recipe, Recipe):
        raise InvalidInput(f"The study's recipe function returned {recipe!r}: return a Recipe.")
    return recipe
