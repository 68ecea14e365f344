"""A checkup as files beside a study."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.checkup.checkup import Checkup, check
from analysis.checkup.evidence import estimates
from analysis.checkup.step import Step
from analysis.measured import Illustration, study_checksum, write_measured
from analysis.results import StudyResults
from analysis.scores import score_of_run
from analysis.style import save, styled
from analysis.subjects import require_writable, written
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from sweeps.paths import StudyPaths

__all__ = ["check_recipe", "check_winner", "lines"]


def check_recipe(recipe: Recipe, folder: Path, seeds: int, effort: int, study: str = "") -> Checkup:
    """Check a recipe and write ``checkup.json`` and its figure.

    Arguments:
        recipe: to be checked.
        folder: for both.
        seeds: from 0 on, of the steps that choose; as many others are of the learning curves.
        effort: epochs of the refined grid (`check`).
        study: checksum of the study's file; empty without one.
    """
    require_writable(folder)
    found = check(recipe, range(seeds), range(seeds, 2 * seeds), effort)
    _write(found, folder, "checkup", study, {})
    return found


def check_winner(paths: StudyPaths, name: str, effort: int) -> Checkup:
    """Check the best recipe of a finished study on the study's own seeds, and hold what is found against its search.

    Arguments:
        paths: of the study.
        name: of the file of numbers and the figure.
        effort: epochs of the refined grid (`check`).

    Raises:
        InvalidInput: if the study has confirmed nothing.
    """
    study, results = study_checksum(paths), StudyResults.open(paths)
    if "winner" not in results.winners:
        raise InvalidInput(f"{paths.root} has no confirmed recipe: run the study to its end first.")
    winner = results.winners["winner"]
    fresh = list(results.budget["report_seeds"])
    # As many that choose as are reported, none of them reported.
    seeds = range(max(fresh) + 1, max(fresh) + 1 + len(fresh))
    found = check(winner.recipe, seeds, fresh, effort)
    scores = {seed: score_of_run(record) for seed, record in winner.records.items()}
    _write(found, paths.landscape, name, study, scores)
    return found


def _write(found: Checkup, folder: Path, name: str, study: str, winner: dict[int, float]) -> None:
    from analysis.figures.checkup import draw

    with written(folder) as aside:
        with styled():
            save(draw(found), aside, name)
        write_measured(
            aside,
            name,
            {f"{number} {step.name}": _told(step) for number, step in enumerate(found.steps, start=1)},
            title="Checkup of the best recipe" if winner else "Checkup",
            illustrations=[_illustration(found, name)],
            study=study,
            estimates=list(estimates(found, winner)),
        )


def _told(step: Step) -> dict[str, object]:
    return {**step.numbers, "green": step.green, "checks": [f"{step.verdict}: {step.reason}"]}


def _illustration(found: Checkup, name: str) -> Illustration:
    caption = (
        f"The steps of a checkup, {len(found.seeds)} seeds each: the loss before training, with what the initializer"
        " makes it and four standard deviations at most; five batches learned by heart; the loss at each learning rate;"
        " validation after short trainings; and learning curves on other seeds, each step a dot. What is wrong:"
        f" {found.steps[-1].reason}"
    )
    verdicts = "; ".join(f"{step.name} {step.verdict}" for step in found.steps)
    return Illustration(name, caption, f"Six panels. {verdicts}.")


def lines(found: Checkup) -> Iterator[str]:
    """Yield the steps as a terminal shows them."""
    for number, step in enumerate(found.steps, start=1):
        yield f"{number} {step.name:<20} {step.verdict:<6} {step.reason}"
    score = np.nanmean(found.found.test_score)
    yield f"found: learning rate {found.grids[1].rate:.3g}, weight decay {found.grids[1].decay}, test score {score:.4g}"
