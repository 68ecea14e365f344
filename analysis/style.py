"""How figures look: sizes, fonts and colours that a journal's column and a colour-blind reader can use."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.fonts import letters_alone

__all__ = ["colours", "column", "columns_of", "dots", "figure", "page", "save", "styled"]

column, page = 89 / 25.4, 183 / 25.4
"""The width of one and of two columns, inches."""

# Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, those that show on white, the most distinct first; then two of
# Tol's muted scheme, https://personal.sron.nl/~pault/.
_palette = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933")
_other = "#6E6E6E"

_dpi = 2 * 96

_settings: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@contextmanager
def styled() -> Iterator[None]:
    """Give figures that are drawn and saved within their looks."""
    with mpl.rc_context(_settings):
        yield


def figure(width: float, height: float) -> Figure:
    """Return an empty figure, which no global state knows of.

    Arguments:
        width: inches.
        height: inches.
    """
    return Figure(figsize=(width, height), layout="constrained")


def colours(groups: Sequence[str]) -> dict[str, str]:
    """Return each group's colour, the same in every figure; groups beyond the eighth share a grey."""
    return {group: _palette[index] if index < len(_palette) else _other for index, group in enumerate(groups)}


def columns_of(handles: Sequence[Artist], width: float = page) -> int:
    """Return in how many columns a legend's entries fit on a width in inches, by how long the longest is."""
    longest = max((len(str(each.get_label())) for each in handles), default=1)
    return max(1, min(len(handles), int(110 * width / page) // (longest + 8)))


def dots(axes: Axes, place: float, values: Iterable[float], width: float, **style: object) -> None:
    """Draw one dot a value, spread to both sides of `place` so that equal values do not hide each other.

    Arguments:
        axes: to draw on.
        place: on the x axis.
        values: on the y axis.
        width: of the spread.
        style: of matplotlib's ``plot``.
    """
    ordered = np.sort(np.fromiter(values, dtype=np.float64))
    axes.plot(place + width * spread(ordered), ordered, linestyle="none", **style)  # type: ignore[arg-type]


def spread(ordered: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a place in [-1/2, 1/2] for each of the ordered values: equal ones side by side, a lone one at 0."""
    places = np.zeros(len(ordered))
    _, first, counts = np.unique(ordered, return_index=True, return_counts=True)
    most = max(counts, default=1)
    for start, count in zip(first, counts, strict=True):
        places[start : start + count] = (np.arange(count) - (count - 1) / 2) / max(most, 5)
    return places


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write a figure as PNG, two pixels for each of a screen's, and as PDF; return both paths."""
    png, pdf = folder / f"{name}.png", folder / f"{name}.pdf"
    figure.set_dpi(_dpi)
    if figure.axes and (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)
    # With a layout to be found, each file is drawn twice.
    figure.set_layout_engine(None)
    figure.savefig(png, dpi=_dpi, metadata={"Software": None})
    with letters_alone():
        figure.savefig(pdf, dpi=300, metadata={"CreationDate": None, "Producer": None, "Creator": None})
    return png, pdf
