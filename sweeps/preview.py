"""A look at a study before anything is searched, trained or written."""

from collections.abc import Iterator

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.groups import group_of
from sweeps.proposers.asking import Asking
from sweeps.proposers.listed import Center, Listed
from sweeps.sampler import Grid, given_values
from sweeps.study import Study
from sweeps.suggest import Middle, build_recipe

__all__ = ["preview"]


def preview(study: Study, budget_name: str) -> Recipe:
    """Return the study's recipe in the middle of its ranges.

    Arguments:
        study: whose recipe function is called, also for its starting points and its grid.
        budget_name: one of its budgets.

    Raises:
        InvalidInput: if there is no such budget, or a recipe cannot be built, judged or grouped as the study says.
    """
    middle = build_recipe(study, Middle(study.budget(budget_name)))
    for recipe in (middle, *_starting_points(study, budget_name), *_grid(study, budget_name)):
        study.check(recipe)
        for field in study.group_by:
            group_of(recipe, field)
    return middle


def _starting_points(study: Study, budget_name: str) -> Iterator[Recipe]:
    for number, point in enumerate(study.start):
        values, source = given_values(point, number), f"Starting point {number}"
        rest = None if isinstance(study.sampler, Grid) else Center()
        asking = Asking(study.budget(budget_name), Listed(values, source, rest))
        yield build_recipe(study, asking)
        for name in sorted(values.keys() - asking.asked.keys()):
            raise InvalidInput(
                f"{source} has a value for {name!r}, and the recipe asks with its values for"
                f" {', '.join(map(repr, asking.asked))}: give one of these, and the choices on which they depend."
            )


def _grid(study: Study, budget_name: str) -> Iterator[Recipe]:
    if not isinstance(study.sampler, Grid):
        return
    budget, grid = study.budget(budget_name), study.sampler
    most = grid.points + len(study.start)
    if budget.trials > most:
        raise InvalidInput(
            f"The grid has {grid.points} points, and the budget {budget_name!r} {budget.trials} trials:"
            f" give trials={most}, or more values."
        )
    asked: set[str] = set()
    for point in grid.all_points(study.search_seed):
        asking = Asking(budget, Listed(point, "The grid", None))
        yield build_recipe(study, asking)
        asked |= asking.asked.keys()
    for name in sorted(grid.values.keys() - asked):
        raise InvalidInput(f"The grid has values for {name!r}, which the recipe never asks for: leave it out.")
