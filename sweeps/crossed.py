"""Crossed seeds: every initial seed with every seed of the order and every seed of the split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, get_args

from lightning_modules.checks import require_integer
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Seeds

__all__ = ["Crossed", "Which", "run_names"]

Which = Literal["best", "groups"]


@dataclass(frozen=True, kw_only=True)
class Crossed:
    """Seeds whose three streams are varied apart from each other, so that each one's part in the spread can be told.

    The best recipe of the search is trained on all their combinations, init ×
    order × split runs, beside its report seeds. One seed holds a stream still.

    Arguments:
        init: seeds of the initial weights.
        order: seeds of the order of the data.
        split: seeds of the split.
        of: which recipes are trained on them, the ``best`` of the search alone, or the best of each of its ``groups``.

    Raises:
        InvalidInput: for no seed, seeds that repeat or are below 0, one combination only, or other recipes.
    """

    init: Sequence[int] = (0,)
    order: Sequence[int] = (0,)
    split: Sequence[int] = (0,)
    of: Which = "best"

    def __post_init__(self) -> None:
        if self.of not in get_args(Which):
            raise InvalidInput(f"The crossed seeds are for {self.of!r}: give of='best' or of='groups'.")
        for name in self.streams:
            if not isinstance(getattr(self, name), Iterable):
                raise InvalidInput(f"The crossed {name} seeds are {getattr(self, name)!r}: give range(…) or a list.")
            seeds = tuple(getattr(self, name))
            for seed in seeds:
                require_integer(f"A crossed {name} seed", seed, at_least=0)
            if not seeds or len(set(seeds)) < len(seeds):
                raise InvalidInput(f"The crossed {name} seeds are {seeds}: give at least one seed, each once.")
            object.__setattr__(self, name, tuple(int(seed) for seed in seeds))
        if not self.varied:
            raise InvalidInput("The crossed seeds are one combination: give two seeds or more of init, order or split.")

    streams = ("init", "order", "split")

    @property
    def varied(self) -> tuple[str, ...]:
        """The streams that have two seeds or more."""
        return tuple(name for name in self.streams if len(getattr(self, name)) > 1)

    @property
    def seeds(self) -> tuple[Seeds, ...]:
        """All combinations, the split varying fastest."""
        return tuple(Seeds(*each) for each in product(self.init, self.order, self.split))

    @staticmethod
    def from_json(data: Mapping[str, Any] | None) -> "Crossed | None":
        """Return the seeds that a budget's JSON holds; None for none.

        Raises:
            InvalidInput: if they are no crossed seeds.
        """
        if data is None:
            return None
        return Crossed(**{name: data[name] for name in Crossed.streams}, of=data.get("of", "best"))

    def takes(self, reasons: Sequence[str]) -> bool:
        """Tell whether a recipe confirmed for these reasons (``winner 1``, ``model=CNN``) is trained on them."""
        if self.of == "best":
            return "winner 1" in reasons
        return "winner 1" in reasons or any("=" in reason for reason in reasons)


def run_names(confirmed: Mapping[str, Any], budget: Mapping[str, Any]) -> list[str]:
    """Return the names ``RECIPE/SEEDS`` of the runs that confirm a recipe: on report and crossed seeds, companions.

    Arguments:
        confirmed: recipe, as a study's course holds it.
        budget: of the course.

    Raises:
        InvalidInput: if the crossed seeds are none.
    """
    crossed = Crossed.from_json(budget.get("crossed"))
    names = [Seeds.all(seed).name for seed in budget["report_seeds"]]
    if crossed and crossed.takes(confirmed["reasons"]):
        names += [seeds.name for seeds in crossed.seeds]
    own = [f"{confirmed['recipe']}/{name}" for name in names]
    # A course of a version that told nothing of companions has none.
    return list(dict.fromkeys([*own, *confirmed.get("companions", ())]))
