"""Whether the recipes of a study can be compared at the rungs of successive halving."""

import math
from collections.abc import Iterator

from lightning_modules.component import label
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from lightning_modules.training.stack_data import part_sizes
from sweeps.proposers.asking import Asking
from sweeps.proposers.listed import Center, Listed
from sweeps.sampler import Grid
from sweeps.space import Choice
from sweeps.study import Budget, Study
from sweeps.suggest import Middle, build_recipe

__all__ = ["check_options", "check_rungs"]


def check_rungs(recipe: Recipe, budget: Budget) -> None:
    """Raise `InvalidInput` unless a recipe can be compared with others at every rung of a budget, if that has any.

    Arguments:
        recipe: that is to be trained; its data is loaded, for how many steps an epoch has.
        budget: under which.
    """
    if budget.halving is None:
        return
    if recipe.epochs != budget.epochs:
        raise InvalidInput(
            f"A recipe has {recipe.epochs} epochs, and the rungs of the budget's halving follow from its"
            f" {budget.epochs}: give the recipe epochs=suggest.budget.epochs, or the budget no halving."
        )
    steps_per_epoch = math.ceil(part_sizes(recipe.data, budget.search_seeds[0])["train"] / recipe.batch_size)
    for epochs in budget.halving.epochs(budget.epochs):
        if not recipe.schedule.is_whole_after(epochs * steps_per_epoch, recipe.epochs * steps_per_epoch):
            raise InvalidInput(
                f"The schedule {label(recipe.schedule)} is within a cycle or its warm-up at the halving's rung after"
                f" {epochs} of {recipe.epochs} epochs, where recipes would be compared: give a schedule of which a"
                " cycle ends there, or one without cycles (constant, step, exponential, inverse square root), or the"
                " budget no halving."
            )


def check_options(study: Study, budget_name: str) -> None:
    """Raise `InvalidInput` unless what the search will propose can be compared at every rung, as far as can be told.

    Each option of each choice is tried with all else in its middle, or each
    point of a grid, so that a search is refused before it begins and not when
    it first proposes what cannot be compared.

    Arguments:
        study: whose recipe function is called.
        budget_name: one of its budgets.
    """
    budget = study.budget(budget_name)
    if budget.halving is not None:
        for listed in _points(study, budget):
            try:
                recipe = build_recipe(study, Asking(budget, listed))
            except InvalidInput:
                continue  # an option that does not go with the middle of the others
            check_rungs(recipe, budget)


def _points(study: Study, budget: Budget) -> Iterator[Listed]:
    if isinstance(study.sampler, Grid):
        yield from (Listed(point, "The grid", None) for point in study.sampler.all_points(study.search_seed))
        return
    middle = Middle(budget)
    build_recipe(study, middle)
    yield Listed({}, "The middle", Center())
    for name, space in middle.asked.items():
        for option in space.options[1:] if isinstance(space, Choice) else ():
            yield Listed({name: option}, "An option", Center())
