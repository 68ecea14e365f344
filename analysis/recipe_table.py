"""The table of the recipes that were confirmed: a column each, a row for each thing that a recipe fixes."""

import dataclasses
import json
from typing import Any

from analysis.findings import name_of
from analysis.results import ConfirmedRecipe, StudyResults
from analysis.table import Table
from lightning_modules.component import label, to_json
from lightning_modules.recipe import Recipe

__all__ = ["recipes_table"]


def recipes_table(results: StudyResults) -> Table:
    """Return every setting of the confirmed recipes; the file has them exactly, as JSON.

    Arguments:
        results: of the study.
    """
    recipes = results.confirmed
    names = [field.name for field in dataclasses.fields(Recipe)] if recipes else []
    exact = [(name, *(_exact(getattr(each.recipe, name)) for each in recipes)) for name in names]
    shown = [(name.replace("_", " "), *(label(getattr(each.recipe, name)) for each in recipes)) for name in names]
    hashes = [("hash", *(each.recipe.hash for each in recipes))] if recipes else []
    columns = ("setting", *(_named(each) for each in recipes))
    return Table(
        "recipes",
        "Recipes that were confirmed",
        "What is off is left out here; the file has every setting exactly. A recipe's hash is its folder's name.",
        columns,
        tuple(exact + hashes),
        columns,
        tuple(shown + hashes),
    )


def _named(each: ConfirmedRecipe) -> str:
    return ", ".join(name_of(reason) for reason in each.reasons)


def _exact(value: Any) -> str:
    return json.dumps(to_json(value) if dataclasses.is_dataclass(value) else value)
