"""Test scores (accuracy, RMSE) over the report seeds, and paired differences of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.estimate import Estimate, Unit, t_interval
from analysis.results import ConfirmedRecipe
from analysis.shown import shown
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Recipe
from lightning_modules.score import Score, score_of
from sweeps.record import RunRecord

__all__ = ["TestScore", "finite_mean", "paired_difference", "score_of_run", "seeds_in_words", "test_score"]


@dataclass(frozen=True)
class TestScore:
    """The test score of one recipe: an accuracy is a fraction, an RMSE in the targets' unit.

    Arguments:
        key: what the recipe stands for: ``winner``, ``schedule=cosine``.
        recipe: that was trained.
        estimate: the mean over the seeds.
        by_seed: of every seed; a diverged run has the score of guessing.
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
    def score(self) -> Score:
        """What the recipe is judged by."""
        return score_of(self.recipe.loss.task)

    @property
    def ordered(self) -> float:
        """The mean with the sign that makes more better."""
        return self.score.sign * self.estimate.value

    @property
    def deviation(self) -> float | None:
        """The standard deviation over the seeds, None for a single one."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if len(self.by_seed) > 1 else None

    @property
    def floor(self) -> float | None:
        """The binomial deviation of an accuracy that N test examples alone would cause, ``√(p (1 − p) / N)``."""
        if self.score.name != "accuracy":
            return None
        p = self.estimate.value
        return math.sqrt(p * (1 - p) / self.test_examples) if self.test_examples else None


def test_score(confirmed: ConfirmedRecipe, key: str) -> TestScore | None:
    """Return the test score of a recipe over its report seeds, None as long as no run of it is complete.

    A diverged run counts as guessing, as it does in the search (an accuracy of
    1 / classes, an RMSE of the standard deviation of its test targets): were
    it left out, a recipe that fails on every other seed could win.

    Arguments:
        confirmed: the recipe with its runs.
        key: what the recipe stands for.
    """
    if not confirmed.records:
        return None
    diverged = tuple(seed for seed, record in confirmed.records.items() if record.diverged_step is not None)
    score = score_of(confirmed.recipe.loss.task)
    by_seed = {seed: score_of_run(record) for seed, record in confirmed.records.items()}
    whole = next((record for seed, record in confirmed.records.items() if seed not in diverged), None)
    examples = len(whole.predictions()["test_targets"]) if whole else None
    over = seeds_in_words(len(by_seed)) + (
        f"; {len(diverged)} diverged and count as {_in_words(score, by_seed[diverged[0]])}" if diverged else ""
    )
    estimate = t_interval(list(by_seed.values()), f"test_{score.name}[{key}]", over, shown(score).unit)
    if len(diverged) == len(by_seed):
        # Guessing alike on every seed is no measurement, so it has no interval and decides no claim.
        estimate = replace(estimate, low=None, high=None)
    return TestScore(key, confirmed.recipe, estimate, by_seed, diverged, examples)


test_score.__test__ = False  # type: ignore[attr-defined] # Not one of pytest's.


def paired_difference(first: TestScore, second: TestScore) -> Estimate:
    """Return the mean difference in the test score, first minus second, over the seeds that both have.

    Of accuracies a difference above 0 speaks for the first, of RMSEs one below 0.

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
        f"; in {diverged} a run diverged and counts as {first.score.guessing}" if diverged else ""
    )
    differences = [first.by_seed[seed] - second.by_seed[seed] for seed in seeds]
    name = f"test_{first.score.name}_difference[{first.key} - {second.key}]"
    return t_interval(differences, name, over, shown(first.score).difference)


def seeds_in_words(count: int) -> str:
    """Return what an interval over report seeds is over."""
    return f"{count} report seed{'' if count == 1 else 's'} (initial weights, order and split of the data)"


def finite_mean(
    values: Sequence[float] | npt.NDArray[np.float64],
    name: str,
    unit: Unit,
    more: str = "",
    lost: str = "lost to divergence and left out",
) -> Estimate | None:
    """Return the mean with Student's interval over the seeds whose value is finite; None without one.

    Arguments:
        values: one a report seed.
        name: of the estimate.
        unit: of the values.
        more: what else the interval is over, in words.
        lost: what is said of the seeds that are left out, after their number.
    """
    finite = [float(value) for value in values if math.isfinite(value)]
    if not finite:
        return None
    left = f"{len(values) - len(finite)} {lost}" if len(finite) < len(values) else ""
    over = "; ".join(part for part in (seeds_in_words(len(finite)), more, left) if part)
    return t_interval(finite, name, over, unit)


def score_of_run(record: RunRecord) -> float:
    """Return a confirmed run's test score, that of guessing if it diverged."""
    if record.diverged_step is None:
        return record.metrics[f"test_{record.score.name}"]
    from lightning_modules.training.guessing import score_of_guessing

    return score_of_guessing(record.run, "test")


def _in_words(score: Score, value: float) -> str:
    return f"{score.guessing}, {value:.1%} right" if score.name == "accuracy" else score.guessing
