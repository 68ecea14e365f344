"""Which runs the figures show, and in which colours."""

from analysis.findings import Findings
from analysis.style import colours
from sweeps.record import RunRecord

__all__ = ["shades", "whole_runs"]

# Beyond so many columns or lines a figure is not legible; the best groups are shown.
_most_groups = 4


def whole_runs(findings: Findings, count: int) -> dict[str, list[RunRecord]]:
    """Return the first runs that did not diverge of each compared recipe, of the best recipes only."""
    shown = {each.key for each in findings.ranking[:_most_groups]}
    runs = {
        key: [record for record in each.records.values() if record.diverged_step is None][:count]
        for key, each in findings.results.compared.items()
        if key in shown
    }
    return {key: records for key, records in runs.items() if records}


def shades(findings: Findings) -> dict[str, str]:
    """Return the colours of the compared recipes."""
    return colours(list(findings.results.compared))
