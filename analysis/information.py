"""How far predicted probabilities are from the labels' distribution: entropy, cross-entropy, divergence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning_modules.errors import InvalidInput

__all__ = ["Information", "information"]


@dataclass(frozen=True)
class Information:
    """Means over examples, nats.

    Arguments:
        entropy: of the labels' distribution p, ``−Σ p log p``; the data's own, whatever is predicted.
        cross_entropy: of the prediction q under it, ``−Σ p log q``.
        divergence: of Kullback and Leibler, ``KL(p ‖ q) = Σ p log (p / q)``, the cross-entropy minus the entropy.
    """

    entropy: float
    cross_entropy: float
    divergence: float


def information(labels: npt.NDArray[Any], predictions: npt.NDArray[Any]) -> Information:
    """Return entropy, cross-entropy and divergence of the labels' distributions and the predictions.

    Minimizing the cross-entropy, maximizing the likelihood and minimizing the
    divergence choose the same prediction: the first and the last differ by the
    entropy of the data, which no prediction changes.

    Arguments:
        labels: distributions p, (…, classes): one-hot for known labels, frequencies for repeated ones.
        predictions: distributions q, (…, classes); infinite measures where a q is 0 and its p is not.

    Raises:
        InvalidInput: if the shapes differ, or something is not a distribution.

    References:
        | On information and sufficiency (Kullback and Leibler, 1951)
        | https://doi.org/10.1214/aoms/1177729694
    """
    p, q = labels.astype(np.float64), predictions.astype(np.float64)
    if p.shape != q.shape:
        raise InvalidInput(f"The labels have the shape {p.shape} and the predictions {q.shape}: give two alike.")
    for name, values in (("labels", p), ("predictions", q)):
        if not ((values >= 0).all() and np.allclose(values.sum(axis=-1), 1, atol=1e-5)):
            raise InvalidInput(f"The {name} are no distributions: give numbers of at least 0 that sum to 1.")
    return Information(_mean(p, p), _mean(p, q), _mean(p, q, p))


def _mean(p: npt.NDArray[np.float64], q: npt.NDArray[np.float64], above: Any = 1.0) -> float:
    """Return the mean of ``Σ p log (above / q)``, where nothing that has no probability counts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(above) - np.log(q)), 0.0)
    return float(terms.sum(axis=-1).mean())
