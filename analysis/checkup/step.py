"""One step of the recipe: what came out, and whether all is well."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Step"]


@dataclass(frozen=True)
class Step:
    """A step with its verdict.

    Arguments:
        name: in a few words.
        green: whether all is well.
        reason: a sentence or two with the numbers that say so.
        numbers: what was measured, as JSON data.
    """

    name: str
    green: bool
    reason: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The verdict in a word."""
        return "green" if self.green else "red"
