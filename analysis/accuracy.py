"""Test accuracy over the report seeds, and paired differences of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.estimate import Estimate, t_interval
from analysis.results import ConfirmedRecipe
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe

__all__ = ["TestAccuracy", "paired_difference", "test_accuracy"]


@dataclass(frozen=True)
class TestAccuracy:
    """The test accuracy of one recipe, a fraction.

    Arguments:
        key: what the recipe stands for: ``winner``, ``schedule=cosine``.
        recipe: that was trained.
        estimate: the mean over the seeds.
        by_seed: of every seed; a diverged run has the accuracy of guessing.
        diverged: the seeds whose runs diverged.
        test_examples: in one seed's test set, None if no run got there.
    """

    __test__ = False  # Not one of pytest's.

    key: str
    recipe: Recipe
    estimate: Estimate
    by_seed: Mapping[int, float]
    diverged: tuple[int, ...]
    test_examples: int | None

    @property
    def deviation(self) -> float | None:
        """The standard deviation over the seeds, None for a single one."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if len(self.by_seed) > 1 else None

    @property
    def floor(self) -> float | None:
        """The binomial standard deviation ``√(p (1 − p) / N)`` that a test set of N examples alone would cause."""
        p = self.estimate.value
        return math.sqrt(p * (1 - p) / self.test_examples) if self.test_examples else None


def test_accuracy(confirmed: ConfirmedRecipe, key: str) -> TestAccuracy | None:
    """Return the test accuracy of a recipe over its report seeds, None as long as no run of it is complete.

    A diverged run counts as guessing, 1 / classes, as it does in the search:
    were it left out, a recipe that fails on every other seed could win.

    Arguments:
        confirmed: the recipe with its runs.
        key: what the recipe stands for.
    """
    if not confirmed.records:
        return None
    diverged = tuple(seed for seed, record in confirmed.records.items() if record.diverged_step is not None)
    chance = _chance(confirmed.recipe) if diverged else math.nan
    by_seed = {
        seed: chance if seed in diverged else record.metrics["test_accuracy"]
        for seed, record in confirmed.records.items()
    }
    whole = next((record for seed, record in confirmed.records.items() if seed not in diverged), None)
    examples = len(whole.predictions()["test_targets"]) if whole else None
    over = seeds_in_words(len(by_seed)) + (
        f"; {len(diverged)} diverged and count as guessing, {chance:.1%} right" if diverged else ""
    )
    estimate = t_interval(list(by_seed.values()), f"test_accuracy[{key}]", over)
    if len(diverged) == len(by_seed):
        # Guessing alike on every seed is no measurement, so it has no interval and decides no claim.
        estimate = replace(estimate, low=None, high=None)
    return TestAccuracy(key, confirmed.recipe, estimate, by_seed, diverged, examples)


test_accuracy.__test__ = False  # type: ignore[attr-defined] # Not one of pytest's.


def paired_difference(first: TestAccuracy, second: TestAccuracy) -> Estimate:
    """Return the mean difference in test accuracy, first minus second, over the seeds that both have.

    Both recipes start, shuffle and split alike under one seed, so the seed's
    own luck cancels.

    Raises:
        InvalidInput: if they have no seed in common.
    """
    seeds = [seed for seed in first.by_seed if seed in second.by_seed]
    if not seeds:
        raise InvalidInput(f"{first.key} and {second.key} have no seed in common: run the study to its end.")
    diverged = len({*first.diverged, *second.diverged} & set(seeds))
    over = f"{seeds_in_words(len(seeds))}; differences within each seed" + (
        f"; in {diverged} a run diverged and counts as guessing" if diverged else ""
    )
    differences = [first.by_seed[seed] - second.by_seed[seed] for seed in seeds]
    name = f"test_accuracy_difference[{first.key} - {second.key}]"
    return t_interval(differences, name, over, "points")


def seeds_in_words(count: int) -> str:
    """Return what an interval over report seeds is over."""
    return f"{count} report seed{'' if count == 1 else 's'} (initial weights, order and split of the data)"


def _chance(recipe: Recipe) -> float:
    from lightning_modules.training.stack_data import classes_of

    return 1 / classes_of(recipe.data)
