"""What proposes the values of one trial, and what it may know of the trials before."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeps.space import Space, Value

__all__ = ["Past", "Proposer"]


@dataclass(frozen=True)
class Past:
    """A trial that was proposed before.

    Arguments:
        number: of the trial.
        values: that were proposed, by name, in the order in which they were asked for.
        spaces: from which, by name.
        value: that was told; None while it is under way.
        notes: that its own proposer left.
    """

    number: int
    values: Mapping[str, Value]
    spaces: Mapping[str, Space]
    value: float | None
    notes: Mapping[str, Any]


@dataclass
class Proposer(ABC):
    """Proposes the values of one trial.

    What it proposes may depend on the trial's number, the search seed and the
    trials before, and on nothing else: a search that is killed at any moment
    and continued proposes what it would have proposed.

    Attributes:
        notes: kept with the trial for the proposers of later ones.
    """

    notes: dict[str, Any] = field(default_factory=dict, init=False)

    @abstractmethod
    def propose(self, name: str, space: Space) -> Value:
        """Propose a value of a parameter, once for each name."""
