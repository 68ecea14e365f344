"""Values that the study lists: starting points and the combinations of a grid."""

from collections.abc import Mapping
from dataclasses import dataclass

from lightning_modules.errors import InvalidInput
from sweeps.proposers.proposer import Proposer
from sweeps.space import Log, Space, Uniform, Value

__all__ = ["Center", "Listed"]


@dataclass
class Center(Proposer):
    """Proposes the middle of every range and the first of every choice."""

    def propose(self, name: str, space: Space) -> Value:
        return space.middle


@dataclass
class Listed(Proposer):
    """Proposes listed values, and asks another where none is listed.

    Arguments:
        values: by name; an option by its key.
        source: what lists them.
        otherwise: proposes the rest; None if there must be no rest.

    Raises:
        InvalidInput: for a value outside its range, or one that is missing.
    """

    values: Mapping[str, Value]
    source: str
    otherwise: Proposer | None

    def propose(self, name: str, space: Space) -> Value:
        if name not in self.values:
            if self.otherwise is None:
                raise InvalidInput(f"{self.source} has no value for {name!r}: give it one of {space}.")
            return self.otherwise.propose(name, space)
        value = self.values[name]
        if not space.holds(value):
            raise InvalidInput(f"{self.source} has the value {value!r} for {name!r}: give one of {space}.")
        return float(value) if isinstance(space, Uniform | Log) else value  # type: ignore[arg-type]
