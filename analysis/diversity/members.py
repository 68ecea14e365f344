"""How much the members of an ensemble differ, all of their pairs at once, and what averaging gains by it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.diversity.decompositions import brier_decomposition, nll_decomposition
from analysis.metrics.given import classified
from analysis.metrics.unfamiliar import entropy

__all__ = ["diversity_of"]

Array = npt.NDArray[np.float64]


def diversity_of(members: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Mapping[str, float]:
    """Return by name how much the members of an ensemble differ, means over all pairs, and what that gains.

    ``disagreement``, ``normalised_disagreement``, ``jensen_shannon`` (nats) and
    ``error_correlation`` are the means over pairs of the measures of their
    names in `analysis.diversity.between`; one pair that has none makes the mean
    NaN. ``nll_ambiguity`` (nats) and ``brier_ambiguity`` are how much the loss
    of the averaged probabilities is below the members' mean loss
    (`analysis.diversity.decompositions`).

    Arguments:
        members: probabilities, (members, examples, classes).
        targets: (examples,).

    Returns:
        NaN throughout where a probability is not finite, or of the pairs of a single member.
    """
    given = classified(members, np.broadcast_to(targets, members.shape[:2]))
    ambiguities = {
        "nll_ambiguity": float(nll_decomposition(members, targets).ambiguity),
        "brier_ambiguity": float(brier_decomposition(members, targets).ambiguity),
    }
    rows, columns = np.triu_indices(len(members), 1)
    if not given.whole.all() or not rows.size:
        names = ("disagreement", "normalised_disagreement", "jensen_shannon", "error_correlation")
        return dict.fromkeys(names, float("nan")) | ambiguities
    chosen, wrong = given.probabilities.argmax(axis=-1), (~given.right).astype(np.float64)
    apart = (chosen[rows] != chosen[columns]).mean(axis=-1)
    errors = wrong.mean(axis=-1)
    error = (errors[rows] + errors[columns]) / 2
    own = entropy(given.probabilities).mean(axis=-1)
    mixed = np.array(
        [
            entropy((given.probabilities[row] + given.probabilities[row + 1 :]) / 2).mean(axis=-1).sum()
            for row in range(len(members) - 1)
        ]
    ).sum() / len(rows)
    centred = wrong - errors[:, None]
    # Of equal numbers the deviation can round to a little more than 0.
    deviations = np.where((errors > 0) & (errors < 1), centred.std(axis=-1), np.nan)
    product = (centred @ centred.T)[rows, columns] / wrong.shape[-1]
    return {
        "disagreement": float(apart.mean()),
        "normalised_disagreement": float((apart / np.where(error > 0, error, np.nan)).mean()),
        "jensen_shannon": max(0.0, float(mixed - own.mean())),
        "error_correlation": float((product / (deviations[rows] * deviations[columns])).mean()),
        **ambiguities,
    }
