"""Quasi-random search."""

from collections.abc import Sequence
from dataclasses import dataclass

from sweeps.proposers.proposer import Past, Proposer
from sweeps.sampler import seed_of
from sweeps.space import Space, Value

__all__ = ["QuasiRandom"]

_bits = 30


@dataclass
class QuasiRandom(Proposer):
    """Proposes the points of a Sobol sequence, which fill the space more evenly than random ones.

    Every parameter has one coordinate of the sequence, in the order in which
    the search first met them, so that conditions do not disturb the others;
    a trial's place in the sequence is its number. A shift of the binary digits
    by the search seed keeps the sequence's evenness.

    Arguments:
        seed: of the search.
        number: of the point in the sequence, from 0.
        past: all trials before.

    References:
        | On the distribution of points in a cube and the approximate evaluation of integrals (Sobol, 1967)
        | https://doi.org/10.1016/0041-5553(67)90144-9
    """

    seed: int
    number: int
    past: Sequence[Past]

    def __post_init__(self) -> None:
        names = (name for each in self.past for name in each.values)
        self._coordinates = {name: place for place, name in enumerate(dict.fromkeys(names))}

    def propose(self, name: str, space: Space) -> Value:
        from scipy.stats.qmc import Sobol

        coordinate = self._coordinates.setdefault(name, len(self._coordinates))
        sequence = Sobol(coordinate + 1, scramble=False, bits=_bits)
        if self.number:
            sequence.fast_forward(self.number)
        digits = int(sequence.random(1)[0, coordinate] * 2**_bits)
        shift = seed_of("quasi-random", self.seed, name) % 2**_bits
        return space.at(((digits ^ shift) + 0.5) / 2**_bits)
