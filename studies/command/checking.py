"""The verb that goes through the recipe for training with a study's network."""

from pathlib import Path
from typing import Annotated

import typer

from studies.command.arguments import BudgetOption, StoreOption, StudyArgument
from studies.command.loader import load_study
from studies.command.said import say, say_written
from sweeps.paths import StudyPaths

__all__ = ["checking"]

checking = typer.Typer()


@checking.command()
def checkup(
    study: StudyArgument,
    store: StoreOption = Path("runs"),
    budget: BudgetOption = "default",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Of every step; learning curves have others.")] = 3,
    effort: Annotated[
        int, typer.Option("--effort", min=1, help="Epochs of the refined grid; the other steps take parts of it.")
    ] = 20,
) -> None:
    """Check a study's recipe in seven steps: initial loss, five batches, range of rates, two grids, curves, diagnosis.

    The recipe is the best of the study's search so far, or before any search the
    middle of its ranges.
    """
    loaded = load_study(study)
    paths = StudyPaths(store / loaded.name)
    from analysis.checkup.of_study import check_recipe, lines
    from analysis.measured import study_checksum
    from studies.command.train import best_so_far
    from sweeps.groups import describe
    from sweeps.preview import preview

    recipe = best_so_far(paths, budget, loaded.study.metric) or preview(loaded.study, budget)
    typer.echo(f"recipe {recipe.hash}: {describe(recipe)}")
    found = check_recipe(recipe, paths.landscape, seeds, effort, study_checksum(paths))
    say(lines(found))
    say_written(paths.landscape, ["checkup.json", "checkup.png", "checkup.pdf"])
