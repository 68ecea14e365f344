"""Search by covariance matrix adaptation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sweeps.proposers.proposer import Past, Proposer
from sweeps.proposers.random import Random
from sweeps.sampler import seed_of
from sweeps.space import Choice, Space, Value

if TYPE_CHECKING:
    from cmaes import CMA

__all__ = ["CmaEs"]

_note = "cma-es"


@dataclass
class CmaEs(Proposer):
    """Proposes from a normal distribution that moves and stretches towards the better half of each generation.

    It has the ranges that all trials before asked for alike. What has no place
    in it, choices and ranges that are asked for under a condition only, is
    proposed at random, as is all of the first trial. The distribution is
    replayed from the trials that were told: no state of it is stored.

    Arguments:
        seed: of the search.
        number: of the trial.
        past: all trials before.
        sign: 1 if more is better, -1 if less is.
        at_once: trials under way at a time, a generation's least size.

    References:
        | The CMA evolution strategy: a tutorial (Hansen, 2016)
        | https://arxiv.org/abs/1604.00772
    """

    seed: int
    number: int
    past: Sequence[Past]
    sign: int
    at_once: int

    def __post_init__(self) -> None:
        self._random = Random(self.seed, self.number)
        self._spaces = _common_ranges(self.past)
        self._point: dict[str, float] = {}
        if self._spaces:
            optimizer = self._replayed()
            self._point = dict(zip(self._spaces, map(float, optimizer.ask()), strict=True))
            self.notes[_note] = {"generation": optimizer.generation, "point": self._point}

    def propose(self, name: str, space: Space) -> Value:
        if self._spaces.get(name) != space:
            return self._random.propose(name, space)
        return space.at(self._point[name])

    def _replayed(self) -> "CMA":
        """Return the distribution after all complete generations; the first trials told of each are its members."""
        from cmaes import CMA

        size = len(self._spaces)
        optimizer = CMA(
            mean=np.full(size, 0.5),
            sigma=1 / 6,
            bounds=np.tile([0.0, 1.0], (size, 1)),
            population_size=max(4 + math.floor(3 * math.log(size)), self.at_once),
            seed=seed_of("cma-es", self.seed, self.number),
        )
        while len(members := self._members(optimizer.generation)) >= optimizer.population_size:
            optimizer.tell(members[: optimizer.population_size])
        return optimizer

    def _members(self, generation: int) -> list[tuple[np.ndarray, float]]:
        members = []
        for each in self.past:
            note = each.notes.get(_note, {"generation": None, "point": {}})
            if each.value is not None and note["generation"] == generation and note["point"].keys() == {*self._spaces}:
                place = np.array([note["point"][name] for name in self._spaces])
                members.append((place, -self.sign * each.value))
        return members


def _common_ranges(past: Sequence[Past]) -> dict[str, Space]:
    """Return the ranges of more than one value that all trials asked for alike, by name in sorted order."""
    first = past[0].spaces if past else {}
    return {
        name: space
        for name, space in sorted(first.items())
        if not isinstance(space, Choice)
        and space.low < space.high
        and all(each.spaces.get(name) == space for each in past)
    }
