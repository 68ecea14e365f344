"""A claim: something a study expects, written down before it is run."""

from dataclasses import dataclass
from typing import Literal, get_args

from lightning_modules.checks import require_finite
from lightning_modules.errors import InvalidInput

__all__ = ["Claim", "Direction"]

Direction = Literal["above", "below", "within"]


@dataclass(frozen=True)
class Claim:
    """A sentence that an estimate of the report supports, contradicts or leaves undecided.

    Arguments:
        statement: the sentence.
        estimate: the name of the estimate in ``results.json`` that decides it.
        bound: the value that the estimate is held against.
        direction: the side of the bound on which the estimate lies; ``within`` is a claim of equivalence, that a
            difference lies between −bound and bound.
        reading: what explains the verdict, a sentence of the author's from after the run. It decides nothing, and
            stands beside the verdict.

    Raises:
        InvalidInput: for an empty statement, an unknown direction, a bound that is not finite, or one that is not
            above 0 of a claim of equivalence.
    """

    statement: str
    estimate: str
    bound: float
    direction: Direction
    reading: str = ""

    def __post_init__(self) -> None:
        if not self.statement.strip():
            raise InvalidInput("A claim has no statement: write the sentence that it stands for.")
        if self.direction not in get_args(Direction):
            raise InvalidInput(
                f"The direction of the claim {self.statement!r} is {self.direction!r}:"
                " give 'above', 'below' or 'within'."
            )
        require_finite(f"The bound of the claim {self.statement!r}", self.bound)
        if self.direction == "within" and self.bound <= 0:
            raise InvalidInput(
                f"The bound of the claim {self.statement!r} is {self.bound:g} and its direction 'within': give"
                " the largest difference that does not matter, above 0."
            )
