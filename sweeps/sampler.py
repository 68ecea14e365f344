"""Which sampler a search uses, as a study file says it."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal, get_args

from lightning_modules.component import content_hash
from lightning_modules.errors import InvalidInput
from sweeps.space import Value, key_of

__all__ = ["Grid", "Sampler", "SamplerName", "check_sampler", "given_values", "seed_of"]

SamplerName = Literal["tpe", "random", "quasi-random", "cma-es"]


@dataclass(frozen=True)
class Grid:
    """Every combination of listed values, in an order shuffled by the search seed: a part of it is a sample of it.

    A combination whose parameters are not all asked for (a recipe with
    conditions) gives the recipe of another one, which is trained once.

    Arguments:
        values: the values of every parameter that the recipe asks for, by name; options of a choice as themselves.

    Raises:
        InvalidInput: for no parameter, or one without values or with equal ones.
    """

    values: Mapping[str, Sequence[Any]]
    _keys: Mapping[str, Sequence[Value]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping) or not self.values:
            raise InvalidInput('The grid has no parameters: give Grid({"learning_rate": (0.01, 0.1), …}).')
        keys = {}
        for name, values in self.values.items():
            if isinstance(values, str) or not isinstance(values, Sequence):
                raise InvalidInput(f"The grid's values of {name!r} are {values!r}: give a tuple.")
            keys[name] = tuple(key_of(value) for value in values)
            if not keys[name] or len(set(keys[name])) < len(keys[name]):
                raise InvalidInput(f"The grid's values of {name!r} are {values!r}: give some, each once.")
        object.__setattr__(self, "_keys", keys)

    @property
    def points(self) -> int:
        """How many combinations there are."""
        return math.prod(len(values) for values in self._keys.values())

    def all_points(self, seed: int) -> list[dict[str, Value]]:
        """Return all combinations in the order that a seed shuffles, options by their keys."""
        points = [dict(zip(self._keys, values, strict=True)) for values in product(*self._keys.values())]
        random.Random(seed).shuffle(points)  # noqa: S311
        return points

    def __str__(self) -> str:
        parts = ", ".join(f"{name}: {' | '.join(map(str, values))}" for name, values in self._keys.items())
        return f"a grid of {parts}"


Sampler = SamplerName | Grid


def check_sampler(sampler: object) -> None:
    """Raise `InvalidInput` unless this is a sampler."""
    if not isinstance(sampler, Grid) and sampler not in get_args(SamplerName):
        names = ", ".join(map(repr, get_args(SamplerName)))
        raise InvalidInput(f"The study's sampler is {sampler!r}: give {names} or Grid({{…}}).")


def given_values(start: object, number: int) -> dict[str, Value]:
    """Return a starting point with its options by their keys.

    Raises:
        InvalidInput: if it is no mapping from names to values.
    """
    if not isinstance(start, Mapping) or not all(isinstance(name, str) for name in start):
        raise InvalidInput(f'Starting point {number} is {start!r}: give a dictionary such as {{"learning_rate": 0.1}}.')
    return {name: key_of(value) for name, value in start.items()}


def seed_of(*parts: int | str) -> int:
    """Return a seed of 32 bits that depends on all of the parts."""
    return int(content_hash(parts), 16) % 2**32
