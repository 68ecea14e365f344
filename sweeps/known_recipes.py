"""Recipes that were met before: a study's runs share few of them, and to decode or hash one takes its time."""

import json
from dataclasses import dataclass, field

from lightning_modules.component import Json
from lightning_modules.recipe import Recipe

__all__ = ["KnownRecipes"]

_most = 10_000


@dataclass(frozen=True)
class KnownRecipes:
    """Decodes and hashes each recipe once.

    Known are objects by identity and JSON by its text, not recipes by
    equality: ``True == 1``, but they have different hashes. Threads may share
    them: one may forget while another looks up.
    """

    _named: dict[int, tuple[Recipe, str]] = field(default_factory=dict)
    _decoded: dict[str, Recipe] = field(default_factory=dict)
    _ours: set[int] = field(default_factory=set)

    def hash(self, recipe: Recipe) -> str:
        """Return the recipe's hash."""
        named = self._named.get(id(recipe))
        if named is None:
            self._forget()
            named = (recipe, recipe.hash)  # held, so that its identity stays its own
            self._named[id(recipe)] = named
            if id(recipe) not in self._ours:
                self._decoded.setdefault(_text(recipe.to_json()), recipe)
        return named[1]

    def decode(self, data: Json) -> Recipe:
        """Return the recipe that `Recipe.to_json` wrote; one that was hashed or decoded before is the same object.

        Raises:
            InvalidInput: if the data is not a recipe or no longer valid.
        """
        text = _text(data)
        found = self._decoded.get(text)
        if found is None:
            self._forget()
            found = Recipe.from_json(data)
            self._decoded[text] = found
            self._ours.add(id(found))
        return found

    def _forget(self) -> None:
        if len(self._decoded) >= _most or len(self._named) >= _most:
            self._decoded.clear()
            self._named.clear()
            self._ours.clear()


def _text(data: Json) -> str:
    return json.dumps(data, sort_keys=True)
