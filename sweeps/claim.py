"""A claim: something a study expects, written down before it is run."""

from dataclasses import dataclass
from typing import Literal

from lightning_modules.checks import require_finite
from lightning_modules.errors import InvalidInput

__all__ = ["Claim"]


@dataclass(frozen=True)
class Claim:
    """A sentence that an estimate of the report supports, contradicts or leaves undecided.

    Arguments:
        statement: the sentence.
        estimate: the name of the estimate in ``results.json`` that decides it.
        bound: the value that the estimate is held against.
        direction: the side of the bound on which the whole interval must lie.

    Raises:
        InvalidInput: for an empty statement, an unknown direction or a bound that is not finite.
    """

    statement: str
    estimate: str
    bound: float
    direction: Literal["above", "below"]

    def __post_init__(self) -> None:
        if not self.statement.strip():
            raise InvalidInput("A claim has no statement: write the sentence that it stands for.")
        if self.direction not in ("above", "below"):
            raise InvalidInput(f"The claim's direction is {self.direction!r}: give 'above' or 'below'.")
        require_finite("The claim's bound", self.bound)
