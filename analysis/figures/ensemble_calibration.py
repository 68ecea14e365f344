"""How well ensembles are calibrated, and what they err on where they are sure, method by method."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from analysis.ensembles.comparison import Compared, Comparison
from analysis.figures import reliability, risk_coverage
from analysis.metrics.calibration import Reliability
from analysis.metrics.selective import RiskCoverage

__all__ = ["reliability_of", "risk_of"]

_colour = "#0072B2"


def reliability_of(comparison: Comparison) -> Figure:
    """Draw the reliability diagram of each method under a limit.

    Arguments:
        comparison: of methods that predict probabilities.
    """
    found = {}
    for row in comparison.rows:
        counts, confidences, accuracies = (_own(row, name) for name in ("counts", "confidences", "accuracies"))
        edges = np.linspace(0, 1, counts.shape[-1] + 1)
        found[_name(row)] = Reliability(edges, counts, confidences, accuracies)
    return reliability.draw(found, dict.fromkeys(found, _colour))


def risk_of(comparison: Comparison) -> Figure:
    """Draw the risk–coverage curve of each method under a limit, against that of the single network.

    Arguments:
        comparison: of methods that predict probabilities, the single network first.
    """
    found = {}
    for row in comparison.rows:
        coverages = _own(row, "coverages")
        # The places are the same for all seeds; of a seed that was lost they are not known.
        known = coverages[np.isfinite(coverages).all(axis=-1)]
        places = known[0] if len(known) else np.linspace(1 / coverages.shape[-1], 1, coverages.shape[-1])
        found[_name(row)] = RiskCoverage(places, _own(row, "risks"))
    return risk_coverage.panels(found, next(iter(found)))


def _own(row: Compared, name: str) -> npt.NDArray[np.float64]:
    """Return a curve of the ensembles of the row's number of members, (seeds, …)."""
    return np.asarray(row.scored.curves[name][:, row.cost.members - 1])


def _name(row: Compared) -> str:
    return f"{row.scored.title}, m = {row.cost.members}\n{row.scored.key.partition('=')[2] or row.scored.key}"
