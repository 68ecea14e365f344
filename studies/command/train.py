"""The verb `train`: one run, epoch by epoch."""

from collections.abc import Iterator

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe, Run, Seeds
from studies.command.loader import LoadedStudy
from sweeps.best_so_far import best_trial
from sweeps.executors.in_process import InProcess
from sweeps.executors.placement import Placement
from sweeps.files import read_json
from sweeps.groups import describe
from sweeps.lock import make_folder
from sweeps.paths import StudyPaths
from sweeps.preview import preview
from sweeps.store import RunStore
from sweeps.study import Metric
from sweeps.training import train

__all__ = ["best_so_far", "train_one"]


def train_one(
    loaded: LoadedStudy, budget: str, paths: StudyPaths, seed: int, precision: str | None, placement: Placement
) -> Iterator[str]:
    """Train one run in this process and yield the lines that tell its course.

    Arguments:
        loaded: the study.
        budget: the name of one of its budgets.
        paths: where the study is kept; the run is kept apart from the study's own runs.
        seed: of all three streams.
        precision: in place of the recipe's own, or None.
        placement: where the run is trained.

    Raises:
        InvalidInput: if the recipe, the seed or the store cannot be used.
    """
    recipe = best_so_far(paths, budget, loaded.study.metric) or preview(loaded.study, budget)
    if precision is not None:
        recipe = recipe.in_precision(precision)
    run = Run(recipe, Seeds.all(seed))
    store = RunStore(paths.single)
    make_folder(store.folder)
    yield f"recipe {recipe.hash}: {describe(recipe)}"
    with InProcess(placement) as executor:
        (record,) = train([run], "single", store, executor)
    curves = record.curves()
    name, title = record.score.name, record.score.title
    yield f"epoch  train loss  validation loss  validation {title}"
    train_loss = curves["train_loss"].reshape(recipe.epochs, record.steps_per_epoch).mean(axis=1)
    rows = zip(train_loss, curves["validation_loss"], curves[f"validation_{name}"], strict=True)
    yield from (f"{e:5d}  {t:10.4f}  {v:15.4f}  {s:{len(title) + 11}.4f}" for e, (t, v, s) in enumerate(rows, start=1))
    if record.diverged_step is not None:
        yield f"diverged at step {record.diverged_step} of {record.steps}"
    else:
        yield f"test {title} {record.metrics[f'test_{name}']:.4f}, test loss {record.metrics['test_loss']:.4f}"
    yield f"kept in {record.folder}"


def best_so_far(paths: StudyPaths, budget: str, metric: Metric) -> Recipe | None:
    """Return the best recipe of the search so far under this budget, None before any that was not dropped.

    Raises:
        InvalidInput: if the study's file holds something else.
    """
    if not paths.study.is_file():
        return None
    course = read_json(paths.study)
    try:
        best = best_trial(course["trials"] if course["budget_name"] == budget else (), metric)
        return None if best is None else Recipe.from_json(best["recipe_json"])
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{paths.study} is not what a driver writes: move it away and run again.") from error
