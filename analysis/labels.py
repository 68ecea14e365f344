"""Short labels of recipes: what differs between those of one study."""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lightning_modules.component import label, words
from lightning_modules.recipe import Recipe
from sweeps.groups import describe

__all__ = ["labels", "quoted"]


def labels(recipes: Iterable[Recipe]) -> dict[Recipe, str]:
    """Return short labels that list only what differs: ``cyclic cosine, learning rate 0.031``.

    A field that only some recipes have (a schedule's cycles) is listed if it
    takes several values among those that have it.
    """
    leaves = {recipe: dict(_leaves(recipe)) for recipe in recipes}
    values: dict[str, set[Any]] = {}
    for each in leaves.values():
        for path, value in each.items():
            values.setdefault(path, set()).add(value)
    found = {}
    for recipe, each in leaves.items():
        differing = [(path, value) for path, value in each.items() if len(values[path]) > 1]
        # What a recipe is made of comes before its numbers.
        differing.sort(key=lambda item: not isinstance(item[1], _Kind))
        parts = [_part(path, value) for path, value in differing]
        found[recipe] = ", ".join(parts) or describe(recipe)
    return found


def quoted(name: str) -> str:
    """Return a group's name as a sentence has it: in quotes where it could be taken for something else."""
    return f"“{name}”" if "," in name or not name[:1].isalpha() else name


@dataclass(frozen=True)
class _Kind:
    name: str


def _leaves(component: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting of a component with its path, and the kinds of the components within."""
    for field in dataclasses.fields(component):
        value, path = getattr(component, field.name), f"{prefix}{field.name}"
        if dataclasses.is_dataclass(value):
            yield path, _Kind(words(type(value).__name__))
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def _part(path: str, value: Any) -> str:
    if isinstance(value, _Kind):
        return value.name
    return f"{path.rpartition('.')[2].replace('_', ' ')} {label(value)}"
