"""Groups of recipes: those that share a field, for example their schedule."""

from functools import reduce

from lightning_modules.component import label, words
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe

__all__ = ["describe", "group_of"]


def group_of(recipe: Recipe, field: str) -> str:
    """Return the group of a recipe as ``schedule=cyclic cosine``: a component by its kind, a number by its value.

    Arguments:
        recipe: the recipe.
        field: a name of a recipe's field, with dots into components: ``schedule``, ``model.widths``; or several with
            commas between, whose groups are all combinations: ``initializer, model.widths=he normal, 64``.

    Raises:
        InvalidInput: if recipes have no such field.
    """
    return f"{field}={', '.join(_kind(recipe, name.strip()) for name in field.split(','))}"


def _kind(recipe: Recipe, field: str) -> str:
    try:
        value = reduce(getattr, field.split("."), recipe)
    except AttributeError as error:
        raise InvalidInput(f"The study groups by {field!r}, which recipes do not have: {error}.") from error
    return words(type(value).__name__) if hasattr(value, "__dataclass_fields__") else label(value)


def describe(recipe: Recipe) -> str:
    """Return a recipe in a few words: what is usually searched."""
    parts = (recipe.model, recipe.initializer, recipe.optimizer, recipe.schedule)
    return ", ".join(label(part) for part in parts)
