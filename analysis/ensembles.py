"""Snapshot ensembles against their own last snapshot, paired over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.accuracy import seeds_in_words
from analysis.estimate import Estimate, t_interval
from analysis.results import ConfirmedRecipe
from sweeps.record import RunRecord

__all__ = ["EnsembleGain", "EnsembleScores", "ensemble_gains", "ensemble_scores"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class EnsembleScores:
    """The ensembles of the last m snapshots of one run, on its test set.

    Arguments:
        accuracy: fractions, (snapshots,), for m = 1 (the last snapshot alone) up to all.
        nll: the mean negative log-likelihood, nats, (snapshots,).
    """

    accuracy: npt.NDArray[np.float64]
    nll: npt.NDArray[np.float64]


@dataclass(frozen=True)
class EnsembleGain:
    """What averaging the last `snapshots` snapshots gains over the last one alone; above 0 is better.

    Arguments:
        snapshots: m, how many are averaged.
        accuracy: accuracy of the ensemble minus that of the last snapshot.
        nll: negative log-likelihood of the last snapshot minus that of the ensemble, nats.
    """

    snapshots: int
    accuracy: Estimate
    nll: Estimate


def ensemble_scores(probabilities: Array, targets: Array) -> EnsembleScores:
    """Score the averages of the last m snapshots' probabilities, m = 1 … all.

    Arguments:
        probabilities: of each snapshot, in the order of training, (snapshots, examples, classes).
        targets: the true classes, (examples,).

    References:
        | Snapshot ensembles: train 1, get M for free (Huang et al., 2017)
        | https://arxiv.org/abs/1704.00109
    """
    members = probabilities[::-1].astype(np.float64)
    counts = np.arange(1, len(members) + 1)
    averages = members.cumsum(axis=0) / counts[:, None, None]
    chosen = averages[:, np.arange(len(targets)), targets]
    # A probability can round to zero; the smallest number that is not zero keeps the loss finite.
    nll = -np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean(axis=1)
    return EnsembleScores(accuracy=(averages.argmax(axis=2) == targets).mean(axis=1), nll=nll)


def ensemble_gains(confirmed: ConfirmedRecipe, key: str) -> tuple[EnsembleGain, ...]:
    """Return the gain of averaging the last m snapshots for m = 1 … M; empty without two snapshots or a whole run.

    A diverged run has no last snapshot to compare with; it is left out, and
    `over` says how many were. The estimate with all M snapshots is called
    ``ensemble_gain_accuracy[key]``, the others ``ensemble_gain_accuracy[key, last m]``.

    Arguments:
        confirmed: a recipe with its runs.
        key: what the recipe stands for.
    """
    whole = [record for record in confirmed.records.values() if record.diverged_step is None]
    if not whole or len(whole[0].snapshot_steps) < 2:
        return ()
    scores = [_scores(record) for record in whole]
    left_out = len(confirmed.records) - len(whole)
    over = f"{seeds_in_words(len(whole))}; differences within each run" + (
        f"; {left_out} diverged and {'is' if left_out == 1 else 'are'} left out" if left_out else ""
    )
    accuracy = np.stack([each.accuracy - each.accuracy[0] for each in scores])
    nll = np.stack([each.nll[0] - each.nll for each in scores])
    total = accuracy.shape[1]
    return tuple(
        EnsembleGain(
            snapshots=m,
            accuracy=_estimate("accuracy", key, m, total, accuracy[:, m - 1].tolist(), over),
            nll=_estimate("nll", key, m, total, nll[:, m - 1].tolist(), over),
        )
        for m in range(1, total + 1)
    )


def _estimate(measure: str, key: str, m: int, total: int, values: Sequence[float], over: str) -> Estimate:
    name = f"ensemble_gain_{measure}[{key if m == total else f'{key}, last {m}'}]"
    return t_interval(values, name, over, "points" if measure == "accuracy" else "nats")


def _scores(record: RunRecord) -> EnsembleScores:
    predictions = record.predictions()
    return ensemble_scores(predictions["test"], predictions["test_targets"])
