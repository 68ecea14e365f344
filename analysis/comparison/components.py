"""The variance components of a study's best recipes, from its crossed seeds."""

from collections.abc import Mapping

import numpy as np

from analysis.inference.components import Components, variance_components
from analysis.results import StudyResults
from analysis.scores import score_of_run
from lightning_modules.recipe import Seeds
from lightning_modules.score import score_of
from sweeps.crossed import Crossed
from sweeps.record import RunRecord

__all__ = ["components_of", "components_of_groups"]


def components_of(results: StudyResults) -> Components | None:
    """Return the variance components of the best recipe's test score; None without crossed seeds or with runs missing.

    A diverged run counts as guessing, as it does in the test score.

    Arguments:
        results: of a study.
    """
    return _components(results.crossed_seeds, results.crossed)


def components_of_groups(results: StudyResults) -> dict[str, Components]:
    """Return those of each group's best recipe by the group's name, of groups with all runs on the crossed seeds.

    Arguments:
        results: of a study.
    """
    found = {key: _components(results.crossed_seeds, runs) for key, runs in results.crossed_groups.items()}
    return {key: each for key, each in found.items() if each is not None}


def _components(crossed: Crossed | None, runs: Mapping[Seeds, RunRecord]) -> Components | None:
    if crossed is None or len(runs) < len(crossed.seeds):
        return None
    records = [runs[seeds] for seeds in crossed.seeds]
    shape = [len(getattr(crossed, name)) for name in crossed.varied]
    values = np.array([score_of_run(record) for record in records]).reshape(shape)
    whole = next((record for record in records if record.diverged_step is None), None)
    share = whole is not None and score_of(whole.recipe.loss.task).name == "accuracy"
    examples = len(whole.predictions()["test_targets"]) if whole and share else None
    return variance_components(values, crossed.varied, examples)
