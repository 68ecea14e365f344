"""Groups of recipes: those that share a field, for example their schedule."""

import re
from functools import reduce

from lightning_modules.component import label, words
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe

__all__ = ["by_value", "describe", "group_of"]

_number = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)")


def group_of(recipe: Recipe, field: str) -> str:
    """Return the group of a recipe as ``schedule=cyclic cosine``: a component by its kind, a number by its value.

    Arguments:
        recipe: the recipe.
        field: a name of a recipe's field, with dots into components: ``schedule``, ``model.widths``.

    Raises:
        InvalidInput: if recipes have no such field.
    """
    try:
        value = reduce(getattr, field.split("."), recipe)
    except AttributeError as error:
        raise InvalidInput(f"The study groups by {field!r}, which recipes do not have: {error}.") from error
    kind = words(type(value).__name__) if hasattr(value, "__dataclass_fields__") else label(value)
    return f"{field}={kind}"


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
