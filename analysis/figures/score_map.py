"""Test scores of all combinations of two fields or more, as a map."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from analysis.style import figure, page

__all__ = ["draw", "shortened"]


def draw(
    rows: Sequence[str],
    columns: Sequence[str],
    means: npt.NDArray[np.float64],
    diverged: Mapping[tuple[int, int], str],
    title: str,
) -> Figure:
    """Draw a square for each combination with its number; one of which runs diverged says how many.

    Arguments:
        rows: the first field's values.
        columns: the other fields' values.
        means: in the unit that is printed; NaN where a combination was not trained, (rows, columns).
        diverged: what is printed below a number, by its place.
        title: of the colours, with their unit.
    """
    drawing = figure(max(page, 1.6 + 0.62 * len(columns)), 1.5 + 0.34 * len(rows))
    axes = drawing.add_subplot()
    image = axes.imshow(np.ma.masked_invalid(means), aspect="auto", cmap="viridis")
    finite = means[np.isfinite(means)]
    middle = (finite.min() + finite.max()) / 2 if finite.size else 0.0
    for (row, column), value in np.ndenumerate(means):
        if np.isfinite(value):
            colour = "white" if value < middle else "black"
            text = f"{value:.1f}{diverged.get((row, column), '')}"
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), [shortened(each).replace(", ", "\n") for each in columns])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    drawing.colorbar(image, ax=axes, label=title, pad=0.01)
    return drawing


def shortened(name: str) -> str:
    """Return a group's name with equal widths counted: ``tanh, 3 × 64`` of ``tanh, 64×64×64``."""
    parts = []
    for part in name.split(", "):
        widths = part.split("×")
        parts.append(f"{len(widths)} × {widths[0]}" if len(widths) > 1 and len(set(widths)) == 1 else part)
    return ", ".join(parts)
