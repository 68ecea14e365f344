"""Groups of recipes: those that share a field, for example their schedule."""

import dataclasses
import re
from functools import reduce
from typing import Any

from lightning_modules.component import label, words
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe

__all__ = ["by_value", "comparable", "describe", "group_of"]

_number = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)")


def group_of(recipe: Recipe, field: str) -> str:
    """Return the group of a recipe as ``schedule=cyclic cosine``: a component by its kind, a number by its value.

    Arguments:
        recipe: the recipe.
        field: a name of a recipe's field, with dots into components: ``schedule``, ``model.widths``; or several with
            commas between, whose groups are all combinations: ``initializer, model.widths=he normal, 64``. A star
            stands for a component's kind and all its settings (``schedule.*=cyclic cosine 5``), and what a component
            lacks is looked for in those within it: ``data.examples`` of label noise around a subset are the subset's.

    Raises:
        InvalidInput: if recipes have no such field.
    """
    return f"{field}={', '.join(_kind(recipe, name.strip()) for name in field.split(','))}"


def comparable(first: str, second: str) -> bool:
    """Return whether two groups of one field are alike but for one thing; of a single field all pairs are.

    Of several fields (``initializer, model.widths=…``) a pair that differs in two of them says nothing of either.

    Arguments:
        first: a group, as `group_of` names it.
        second: another of the same field.
    """
    field, _, own = first.partition("=")
    if "," not in field:
        return True
    pairs = zip(own.split(", "), second.partition("=")[2].split(", "), strict=False)
    return sum(mine != other for mine, other in pairs) == 1


def _kind(recipe: Recipe, field: str) -> str:
    names = field.split(".")
    whole = len(names) > 1 and names[-1] == "*"
    try:
        value = reduce(_setting, names[1 : -1 if whole else None], getattr(recipe, names[0]))
    except AttributeError as error:
        raise InvalidInput(f"The study groups by {field!r}, which recipes do not have: {error}.") from error
    if not dataclasses.is_dataclass(value):
        return label(value)
    return _with_settings(value) if whole else words(type(value).__name__)


def _with_settings(component: Any) -> str:
    """Return a component's kind and its settings; a seed or the like that is off and so by default is left out."""
    told = []
    for field in dataclasses.fields(component):
        value = getattr(component, field.name)
        if value or field.default is dataclasses.MISSING or value != field.default:
            told.append(_with_settings(value) if dataclasses.is_dataclass(value) else label(value))
    return f"{words(type(component).__name__)} {'/'.join(told)}".strip()


def _setting(component: Any, name: str) -> Any:
    """Return a component's setting, or that of the first component within it that has it."""
    if hasattr(component, name) or not dataclasses.is_dataclass(component):
        return getattr(component, name)
    for field in dataclasses.fields(component):
        try:
            return _setting(getattr(component, field.name), name)
        except AttributeError:
            continue
    raise AttributeError(f"{words(type(component).__name__)} has no {name}")


def describe(recipe: Recipe) -> str:
    """Return a recipe in a few words: what is usually searched."""
    parts = (recipe.model, recipe.initializer, recipe.optimizer, recipe.schedule)
    return ", ".join(label(part) for part in parts)


def by_value(key: str) -> tuple[tuple[float, str], ...]:
    """Return what groups are sorted by: the numbers in their keys by value, the rest as text.

    ``depth=6`` comes before ``depth=12``, ``rate=1e-05`` before ``rate=0.1``.

    Arguments:
        key: of a group, as `group_of` returns it.
    """
    parts = _number.split(key)
    # Between texts, which hold the even places, are the numbers; brackets around them would put (16, 8) before (16,).
    return tuple((float(part), "") if place % 2 else (0.0, part.strip(" ,()[]")) for place, part in enumerate(parts))
