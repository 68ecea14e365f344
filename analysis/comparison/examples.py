"""The differences of groups over seeds and test examples at once, from the predictions that were kept."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analysis.comparison.pairs import Comparison
from analysis.estimate import Estimate
from analysis.inference.sparse_two_way import crossed_differences
from analysis.results import ConfirmedRecipe
from analysis.scores import score_of_run
from lightning_modules.errors import InvalidInput
from lightning_modules.training.stack_data import load, split_of
from sweeps.record import RunRecord

__all__ = ["differences_over_examples", "right_by_example"]

Array = npt.NDArray[np.float64]


def differences_over_examples(
    groups: Mapping[str, ConfirmedRecipe], comparisons: Sequence[Comparison]
) -> tuple[Mapping[tuple[str, str], Estimate], str]:
    """Return each pair's mean difference in accuracy over seeds and test examples, and why there is none, if so.

    All pairs are drawn alike. The two have a test set of their own for each
    split seed, of which an example may be in several: an example is the same
    in all of them.

    Arguments:
        groups: by key.
        comparisons: pairs of them.

    Returns:
        By first and second key; empty with a sentence where the examples cannot be told.
    """
    keys = list(dict.fromkeys(key for each in comparisons for key in (each.first, each.second)))
    chosen = [groups[key] for key in keys]
    if not keys or any(each.recipe.loss.task != "classification" for each in chosen):
        return {}, "Over test examples only accuracies are compared." if keys else ""
    if any(first.recipe.data.source != second.recipe.data.source for first, second in pairwise(chosen)):
        return {}, "The groups have different data, so that there are no intervals over test examples."
    seeds = [seed for seed in chosen[0].records if all(seed in each.records for each in chosen)]
    if len(seeds) < 2:
        return {}, "Intervals over test examples take two seeds that all groups share."
    try:
        scores = {
            key: right_by_example([each.records[seed] for seed in seeds])
            for key, each in zip(keys, chosen, strict=True)
        }
    except InvalidInput as error:
        return {}, f"There are no intervals over test examples: {error}"
    pairs = [(each.first, each.second) for each in comparisons]
    return crossed_differences(scores, pairs, "test_accuracy_difference"), ""


def right_by_example(records: Sequence[RunRecord]) -> Array:
    """Return which examples of the data set each run classifies rightly, (runs, examples); NaN what it did not meet.

    A run that diverged is right on each of its test examples as often as
    guessing, as it is in the test score.

    Arguments:
        records: of confirmed runs on the same data.

    Raises:
        InvalidInput: if the data cannot be loaded.
    """
    data = records[0].recipe.data
    found = np.full((len(records), len(load(data).targets)), np.nan)
    for row, record in zip(found, records, strict=True):
        places = split_of(record.recipe.data, record.seeds.split).test
        if record.diverged_step is not None:
            row[places] = score_of_run(record)
            continue
        arrays = record.predictions()
        row[places] = arrays["test"][-1].argmax(axis=-1) == arrays["test_targets"]
    return found
