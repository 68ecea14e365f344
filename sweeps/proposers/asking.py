"""A study's questions, answered by a proposer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lightning_modules.errors import InvalidInput
from sweeps.proposers.proposer import Past, Proposer
from sweeps.space import Choice, Space, Value
from sweeps.suggest import Suggest

if TYPE_CHECKING:
    from sweeps.study import Budget

__all__ = ["Asking"]


class Asking(Suggest):
    """Takes every value from a proposer.

    Arguments:
        budget: the budget under which the study runs.
        proposer: of one trial.
        past: all trials before; ranges may differ from theirs, kinds and options may not.

    Raises:
        InvalidInput: if a name stood for something else in an earlier trial.
    """

    def __init__(self, budget: "Budget", proposer: Proposer, past: Sequence[Past] = ()) -> None:
        super().__init__(budget)
        self._proposer, self._past = proposer, past

    def propose(self, name: str, space: Space) -> Value:
        for each in self._past:
            before = each.spaces.get(name, space)
            if type(before) is not type(space) or (isinstance(space, Choice) and before != space):
                raise InvalidInput(
                    f"{name!r} was asked for from {before} in trial {each.number}, and now from {space}:"
                    " give one of the two another name."
                )
        return self._proposer.propose(name, space)
