"""A figure before it is a file: what is drawn, and what is said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.figure import Figure

__all__ = ["Drawing"]


@dataclass(frozen=True)
class Drawing:
    """One figure of a report.

    Arguments:
        name: of its files.
        figure: drawn.
        caption: what is shown, n, and what an interval is over.
        alt: for those who cannot see it.
        checks: what one has to know to trust it, in words, by what it is said of.
        chart: the same for plotly, to be turned; None where there is nothing to turn.
        section: of the report, by its name in `analysis.sections`; empty for the one of further figures.
    """

    name: str
    figure: Figure
    caption: str
    alt: str
    checks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    chart: Mapping[str, Any] | None = None
    section: str = ""
