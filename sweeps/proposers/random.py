"""Random search."""

import random
from dataclasses import dataclass

from sweeps.proposers.proposer import Proposer
from sweeps.sampler import seed_of
from sweeps.space import Space, Value

__all__ = ["Random"]


@dataclass
class Random(Proposer):
    """Proposes every value at random, each parameter from a stream of its own.

    Arguments:
        seed: of the search.
        number: of the trial.

    References:
        | Random search for hyper-parameter optimization (Bergstra and Bengio, 2012)
        | https://www.jmlr.org/papers/v13/bergstra12a.html
    """

    seed: int
    number: int

    def propose(self, name: str, space: Space) -> Value:
        stream = random.Random(seed_of("random", self.seed, self.number, name))  # noqa: S311
        return space.at(stream.random())
