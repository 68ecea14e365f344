"""The reliability diagram and the risk–coverage curves of a report: of the last networks of the compared recipes."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from analysis.figures.chosen import shades, whole_runs
from analysis.figures.drawing import Drawing
from analysis.findings import Findings, name_of
from analysis.metrics import reliability, risk_coverage
from sweeps.record import RunRecord

__all__ = ["calibration"]

Array = npt.NDArray[np.float64]


def calibration(findings: Findings) -> Iterator[Drawing]:
    """Yield both for the best of the compared recipes that predict probabilities; nothing without one."""
    from analysis.figures import reliability as diagram
    from analysis.figures import risk_coverage as curve

    every = max((len(each.records) for each in findings.results.compared.values()), default=0)
    likely = {
        key: records
        for key, records in whole_runs(findings, max(1, every)).items()
        if records[0].recipe.loss.prediction == "probabilities"
    }
    if not likely:
        return
    shade = shades(findings)
    colours = {name_of(key): shade[key] for key in likely}
    given = {name_of(key): _stacked(records) for key, records in likely.items()}
    bins = {name: reliability(*each) for name, each in given.items()}
    said = f"Last networks on the test set. {diagram.said(bins)}"
    errors = "; ".join(f"{name} {diagram.error(each, name)}" for name, each in bins.items())
    alt = f"Calibration errors: {errors}."
    yield Drawing("reliability", diagram.draw(bins, colours), said, alt, section="calibration")
    risks = {name: risk_coverage(*each) for name, each in given.items()}
    told = curve.said(risks)
    said = f"Last networks on the test set. {told}"
    yield Drawing("risk_coverage", curve.draw(risks, colours), said, told, section="calibration")


def _stacked(records: list[RunRecord]) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the probabilities of the runs' last networks, (runs, examples, classes), and the targets."""
    found = [record.predictions() for record in records]
    return np.stack([each["test"][-1] for each in found]), np.stack([each["test_targets"] for each in found])
