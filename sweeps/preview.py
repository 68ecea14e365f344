"""A look at a study before anything is searched, trained or written."""

from lightning_modules.recipe import Recipe
from sweeps.groups import group_of
from sweeps.study import Study
from sweeps.suggest import Middle, build_recipe

__all__ = ["preview"]


def preview(study: Study, budget_name: str) -> Recipe:
    """Return the study's recipe in the middle of its ranges.

    Arguments:
        study: whose recipe function is called.
        budget_name: one of its budgets.

    Raises:
        InvalidInput: if there is no such budget, or the recipe cannot be built, judged or grouped as the study says.
    """
    recipe = build_recipe(study, Middle(study.budget(budget_name)))
    study.check(recipe)
    for field in study.group_by:
        group_of(recipe, field)
    return recipe
