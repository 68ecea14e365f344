"""Two recipes compared seed by seed, and all pairs of a field as one family."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from analysis.estimate import Estimate, confidence
from analysis.inference.holm import holm
from analysis.inference.power import detectable_difference, pairs_needed
from analysis.inference.sign_flip import SignFlip, fewest_pairs, sign_flip, smallest_p
from analysis.inference.wilson import wilson_interval
from analysis.scores import TestScore, paired_difference, seeds_in_words
from sweeps.groups import comparable

__all__ = ["Comparison", "compare"]

_level = 1 - confidence


@dataclass(frozen=True)
class Comparison:
    """What the seeds that two recipes share say of them.

    Arguments:
        first: key of the one with the better mean (of equal ones, that which comes first).
        second: key of the other.
        difference: the mean of the first's test score minus the second's, with its interval.
        test: of the differences' signs.
        corrected: its p after Holm's correction for the family.
        family: how many pairs there are in it.
        better: the share of seeds on which the first is better, ties half.
        correlation: of the two over the seeds, what pairing gains by; None where one does not vary or of two seeds.
        detectable: the difference that so many pairs find four times of five, at the level that all pairs of the family
            are held to; None for one seed.
        seeds_needed: with how many seeds the difference found would be found four times of five at that level; None
            for one seed and for no difference.
    """

    first: str
    second: str
    difference: Estimate
    test: SignFlip
    corrected: float
    family: int
    better: Estimate
    correlation: float | None
    detectable: float | None
    seeds_needed: int | None

    @property
    def decided(self) -> bool:
        """Whether the interval lies on one side of 0 and the corrected p is at most 0.05."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and (low > 0 or high < 0) and self.corrected <= _level

    @property
    def conclusion(self) -> str:
        """What may be concluded, or what cannot be and why, in a sentence."""
        n, fewest = self.difference.n, fewest_pairs(_level / self.family)
        if self.decided:
            return "The first is better."
        if n == 1:
            return "One seed says nothing of the spread: nothing can be concluded."
        if not self.test.pairs:
            return "They do not differ on any seed."
        if self.test.pairs < fewest:
            pairs = f"{self.test.pairs} {'pair' if self.test.pairs == 1 else 'pairs'}"
            differing = " that differ" if self.test.pairs < n else ""
            if self.test.pairs < fewest_pairs(_level):
                return (
                    f"No conclusion is possible: with {pairs}{differing} p cannot fall below"
                    f" {smallest_p(self.test.pairs):.3g}."
                )
            return f"No conclusion is possible among {self.family} pairs of groups with {pairs}{differing} of seeds."
        return "They cannot be told apart."

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON data."""
        return {
            "first": self.first,
            "second": self.second,
            "difference": self.difference.to_json(),
            "p": self.test.p,
            "p_corrected": self.corrected,
            "family": self.family,
            "test": self.test.method,
            "first_better": self.better.to_json(),
            "correlation": self.correlation,
            "detectable_difference": self.detectable,
            "seeds_needed": self.seeds_needed,
            "decided": self.decided,
            "conclusion": self.conclusion,
        }


def compare(scores: Sequence[TestScore]) -> tuple[Comparison, ...]:
    """Compare all pairs of recipes, as one family for Holm's correction.

    Of groups by several fields those pairs are compared that differ in one of
    them. A pair without a common seed is left out; it counts in the family all the
    same, because which pairs there are was settled before the study ran.

    Arguments:
        scores: of the groups of one field, or of the winners.
    """
    pairs = [(first, second) for first, second in combinations(scores, 2) if comparable(first.key, second.key)]
    ordered = [
        (first, second) if first.ordered >= second.ordered else (second, first)
        for first, second in pairs
        if set(first.by_seed) & set(second.by_seed)
    ]
    family = len(pairs)
    differences = [paired_difference(first, second) for first, second in ordered]
    tests = [sign_flip(each.values) for each in differences]
    untested = [1.0] * (family - len(tests))
    corrected = holm([*(each.p for each in tests), *untested])[: len(tests)]
    return tuple(
        _comparison(*pair, difference, test, p, family)
        for pair, difference, test, p in zip(ordered, differences, tests, corrected, strict=True)
    )


def _comparison(
    first: TestScore, second: TestScore, difference: Estimate, test: SignFlip, corrected: float, family: int
) -> Comparison:
    seeds = [seed for seed in first.by_seed if seed in second.by_seed]
    gains = [first.score.sign * each for each in difference.values]
    better = sum(each > 0 for each in gains) + sum(each == 0 for each in gains) / 2
    deviation = float(np.std(difference.values, ddof=1)) if len(seeds) > 1 else None
    # Bonferroni's, of which no pair needs more than Holm asks for.
    level = _level / family
    return Comparison(
        first.key,
        second.key,
        difference,
        test,
        corrected,
        family,
        wilson_interval(
            better,
            len(seeds),
            f"test_{first.score.name}_better[{first.key} - {second.key}]",
            seeds_in_words(len(seeds)),
        ),
        _correlation([first.by_seed[seed] for seed in seeds], [second.by_seed[seed] for seed in seeds]),
        None if deviation is None else detectable_difference(deviation, len(seeds), level),
        None if deviation is None else pairs_needed(difference.value, deviation, level),
    )


def _correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    if len(first) < 3 or min(np.ptp(first), np.ptp(second)) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])
