"""Draw what `stack_curve.py` printed: `python tests/benchmarks/curve_figure.py curve.jsonl curve.png`."""

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from cases import cases
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from stack_curve import Point

from analysis.style import colours, figure, page, styled

__all__ = ["draw"]

_names = {
    "compiled": "Lossatlas, compiled",
    "chain": "Lossatlas, chain",
    "torch.func": "Lossatlas, torch.func",
    "jax_vmap": "JAX vmap + jit + scan",
    "hfta_layers": "HFTA layers",
    "lightning_default": "Lightning, defaults",
    "torch_loop": "PyTorch loop",
}
_title = "Training speed against the size of a stack, one thread (medians; shaded: range, where kept)"
_height = 2.9  # inches of a panel
_label_height = 0.15  # inches


def draw(points: Sequence[Point], path: Path) -> None:
    """Write a figure with one panel a case, two pixels for each of a screen's.

    Arguments:
        points: of all cases and ways.
        path: of a PNG.
    """
    names = list(dict.fromkeys(point.case for point in points))
    stacks = list(dict.fromkeys(point.way for point in points if point.runs))
    colour = colours(stacks) | {"lightning_default": "#6E6E6E"}
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    with styled():
        drawn = figure(page, _height * rows)
        panels = drawn.subplots(rows, columns, squeeze=False).flat
        for name, panel in zip(names, panels, strict=False):
            own = [point for point in points if point.case == name]
            _panel(panel, own, colour)
            panel.set_title(f"{cases[name].title}\nPyTorch loop: {own[0].loop:.3g} epochs/s", loc="left")
        drawn.suptitle(_title, fontsize=9)
        for panel in list(panels):
            panel.set_visible(False)
        drawn.get_layout_engine().execute(drawn)
        for panel in drawn.axes[: len(names)]:
            _label(panel)
        drawn.savefig(path, dpi=2 * 96, metadata={"Software": None})


def _panel(axes: Axes, points: Sequence[Point], colour: dict[str, str]) -> None:
    sizes = sorted({point.runs for point in points if point.runs})
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    for way in dict.fromkeys(point.way for point in points):
        own = sorted((point for point in points if point.way == way), key=lambda point: point.runs)
        style = {"color": colour[way], "label": _names.get(way, way)}
        if own[0].runs == 0:
            axes.plot([sizes[0], sizes[-1]], [own[0].ratio] * 2, linestyle=(0, (4, 2)), **style)
            continue
        x = [point.runs for point in own]
        axes.plot(x, [point.ratio for point in own], marker="o", markersize=3.5, **style)
        axes.fill_between(x, [p.low for p in own], [p.high for p in own], color=colour[way], alpha=0.15, linewidth=0)
    axes.plot([sizes[0], sizes[-1]], [1, 1], linestyle=(0, (4, 2)), color="black", label=_names["torch_loop"])
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.set_xlabel("runs in a stack")
    axes.set_ylabel("run-epochs per second,\nrelative to a PyTorch loop")


def _label(axes: Axes) -> None:
    """Name each line at its end, labels moved apart where they would touch."""
    drawn = axes.figure
    height = axes.get_position().height * drawn.get_figure().get_figheight()
    bottom, top = (np.log(value) for value in axes.get_ylim())
    step = _label_height / height * (top - bottom)
    lines = sorted(axes.get_lines(), key=lambda line: line.get_ydata()[-1])
    wanted = np.log([line.get_ydata()[-1] for line in lines])
    placed = wanted.copy()
    for _ in range(200):
        for lower, upper in pairwise(range(len(placed))):
            overlap = step - (placed[upper] - placed[lower])
            if overlap > 0:
                placed[lower] -= overlap / 2
                placed[upper] += overlap / 2
    right = max(line.get_xdata()[-1] for line in lines)
    for line, place in zip(lines, placed, strict=True):
        axes.annotate(
            line.get_label(),
            xy=(line.get_xdata()[-1], line.get_ydata()[-1]),
            xytext=(right * 1.22, np.exp(place)),
            color=line.get_color(),
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.4, "shrinkA": 1, "shrinkB": 3},
        )


def main() -> None:
    """Draw a file of points."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("points", type=Path)
    parser.add_argument("figure", type=Path)
    options = parser.parse_args()
    draw([Point(**json.loads(line)) for line in options.points.read_text().splitlines()], options.figure)


if __name__ == "__main__":
    main()
