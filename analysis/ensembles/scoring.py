"""The metrics of ensembles, by the kind of prediction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.ensembles.unfamiliar import Unfamiliar
from analysis.estimate import Unit
from analysis.metrics import (
    accuracy,
    adaptive_ece,
    aurc,
    brier,
    coverage,
    ece,
    gaussian_nll,
    nll,
    ood_auroc,
    rmse,
    temperature_scaled_nll,
)
from lightning_modules.losses.loss import Prediction

__all__ = ["Metric", "Predicted", "metrics_of"]

Array = npt.NDArray[np.float64]
Given = npt.NDArray[Any]


@dataclass(frozen=True)
class Predicted:
    """What is scored.

    Arguments:
        test: predictions of the test set, (…, examples, k).
        targets: of the test set, (examples, …).
        calibration: predictions of the calibration split, (…, calibration examples, k); None where it is not needed.
        calibration_targets: of the calibration split.
        unfamiliar: predictions of what was not learned, by its kind, each (…, other examples, k).
    """

    test: Given
    targets: Given
    calibration: Given | None = None
    calibration_targets: Given | None = None
    unfamiliar: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A metric of predictions.

    Arguments:
        name: in files.
        title: for readers.
        sign: 1 if more is better, -1 if less is, 0 if neither: it is then not compared.
        unit: of a value.
        difference: of a difference of values.
        of: scores predictions, (…,); NaN where they are not finite.
    """

    name: str
    title: str
    sign: int
    unit: Unit
    difference: Unit
    of: Callable[[Predicted], Array]


def metrics_of(prediction: Prediction, unfamiliar: Sequence[Unfamiliar] = ()) -> Mapping[str, Metric]:
    """Return the metrics that predictions of a kind have, by name, the task's own score first.

    Arguments:
        prediction: what is predicted, as `Loss.prediction` says.
        unfamiliar: kinds of inputs that probabilities are to be told from, one metric each, ``auroc_KIND``.
    """
    if prediction == "means":
        return _named(_error)
    if prediction == "means and variances":
        within = Metric("coverage", "coverage of 95 % intervals", 0, "fraction", "points", _covered)
        return _named(_error, Metric("nll", "NLL", -1, "target", "nats", _density), within)
    share = Metric("accuracy", "accuracy", 1, "fraction", "points", _on_test(accuracy))
    if prediction == "decisions":
        return _named(share)
    return _named(
        share,
        Metric("nll", "NLL", -1, "target", "nats", _on_test(nll)),
        Metric("tempered_nll", "NLL at its own temperature", -1, "target", "nats", _tempered),
        Metric("brier", "Brier score", -1, "target", "target difference", _on_test(brier)),
        Metric("ece", "ECE", -1, "fraction", "points", _on_test(ece)),
        Metric("adaptive_ece", "adaptive ECE", -1, "fraction", "points", _on_test(adaptive_ece)),
        Metric("aurc", "AURC", -1, "fraction", "points", _on_test(aurc)),
        *(_auroc(each) for each in unfamiliar),
    )


def _on_test(score: Callable[[Given, Given], Array]) -> Callable[[Predicted], Array]:
    return lambda given: score(given.test, given.targets)


def _tempered(given: Predicted) -> Array:
    assert given.calibration is not None
    assert given.calibration_targets is not None
    return temperature_scaled_nll(given.test, given.targets, given.calibration, given.calibration_targets)


def _auroc(each: Unfamiliar) -> Metric:
    def score(given: Predicted) -> Array:
        return ood_auroc(given.test, given.unfamiliar[each.kind])

    return Metric(f"auroc_{each.kind}", f"AUROC of {each}", 1, "fraction", "points", score)


def _of_means(given: Predicted) -> Array:
    return rmse(given.test[..., : given.targets.shape[-1]], given.targets)


def _density(given: Predicted) -> Array:
    means, variances = np.split(given.test, 2, axis=-1)
    return gaussian_nll(means, variances, given.targets)


def _covered(given: Predicted) -> Array:
    means, variances = np.split(given.test, 2, axis=-1)
    return coverage(means, variances, given.targets)


_error = Metric("rmse", "RMSE", -1, "target", "target difference", _of_means)


def _named(*metrics: Metric) -> Mapping[str, Metric]:
    return {each.name: each for each in metrics}
