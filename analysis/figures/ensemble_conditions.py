"""The ensembles of several conditions: what each gains over the single network, and with how many members."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.ensembles.conditions import Condition, difference
from analysis.style import colours, figure, page

__all__ = ["against_members", "forest"]

_suffix = {"points": " (points)", "nats": " (nats)"}
_along = ("snapshot", "no-cycle", "constant-rate", "fge", "independent")


def forest(found: Mapping[str, Condition], metric: str, epochs: Mapping[str, float]) -> Figure:
    """Draw a panel a condition, in it a line a method: the gain over the single network with its 95 % interval.

    Above zero is better, of every metric.

    Arguments:
        found: conditions by what they are called.
        metric: by its name.
        epochs: of a single training, by condition; methods that train longer are drawn hollow.
    """
    names = [name for name in dict.fromkeys(name for each in found.values() for name in each.rows) if name != "single"]
    drawing = figure(page, 0.9 + 0.19 * len(names))
    panels = drawing.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axes, (label, each) in zip(panels, found.items(), strict=True):
        known = each.metrics[metric]
        factor = (100 if known.difference == "points" else 1) * known.sign
        for place, name in enumerate(names):
            row = each.rows.get(name)
            gain = None if row is None else difference(each, row, each.rows["single"], metric)
            if row is None or gain is None:
                continue
            longer = row.cost is not None and row.cost.epochs > epochs[label] * (1 + 1e-9)
            alone = row.cost is None
            colour = "#6E6E6E" if alone else "#D55E00" if longer else "#0072B2"
            if gain.low is not None and gain.high is not None:
                ends = [factor * gain.low, factor * gain.high]
                axes.plot(ends, [place, place], "-", color=colour, linewidth=1.4, solid_capstyle="butt")
            fill = "white" if longer else colour
            axes.plot(factor * gain.value, place, "o", color=fill, markeredgecolor=colour, markersize=4)
        axes.axvline(0, color="#333333", linewidth=0.8)
        axes.set_title(label)
        axes.grid(axis="x", color="#E4E4E4", linewidth=0.6)
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    known = next(iter(found.values())).metrics[metric]
    seeds = " or ".join(str(count) for count in sorted({len(each.seeds) for each in found.values()}))
    drawing.supxlabel(
        f"gain in {known.title} over the single network{_suffix.get(known.difference, '')}, n = {seeds} seeds;"
        " hollow: trained longer than it",
        fontsize=8,
    )
    return drawing


def against_members(found: Mapping[str, Condition], metric: str, methods: Sequence[str] = _along) -> Figure:
    """Draw a panel a condition: the mean gain over the single network by the number of members, a line a recipe.

    Arguments:
        found: conditions by what they are called.
        metric: by its name.
        methods: to be drawn, those that average predictions.
    """
    from scipy.special import stdtrit

    columns = min(2, len(found))
    drawing = figure(page, 0.6 + 1.9 * -(-len(found) // columns))
    panels = drawing.subplots(-(-len(found) // columns), columns, sharex=True, squeeze=False).ravel()
    colour_of = colours(methods)
    lines: dict[str, Line2D] = {}
    for axes, (label, each) in zip(panels, found.items(), strict=False):
        known = each.metrics[metric]
        factor = (100 if known.difference == "points" else 1) * known.sign
        single = each.rows["single"].scores[metric]
        for own in each.found.scored:
            if own.method not in methods:
                continue
            rows = [own.seeds.index(seed) for seed in each.seeds if seed in own.seeds]
            kept = [index for index, seed in enumerate(each.seeds) if seed in own.seeds]
            gains = factor * (own.scores[metric][rows] - single[kept, None])
            whole = gains[np.isfinite(gains).all(axis=1)]
            if not len(whole):
                continue
            counts = np.arange(1, whole.shape[1] + 1)
            (line,) = axes.plot(counts, whole.mean(axis=0), "o-", color=colour_of[own.method], markersize=2.5)
            if len(whole) > 1:
                half = float(stdtrit(len(whole) - 1, 0.975)) * whole.std(axis=0, ddof=1) / np.sqrt(len(whole))
                mean = whole.mean(axis=0)
                axes.fill_between(
                    counts, mean - half, mean + half, color=colour_of[own.method], alpha=0.12, linewidth=0
                )
            lines.setdefault(own.method, line)
        axes.axhline(0, color="#333333", linewidth=0.8)
        axes.set_title(label)
    for axes in panels[len(found) :]:
        axes.set_visible(False)
    known = next(iter(found.values())).metrics[metric]
    drawing.supxlabel("members, from the last back", fontsize=8)
    drawing.supylabel(f"gain in {known.title} over the single network{_suffix.get(known.difference, '')}", fontsize=8)
    drawing.legend(list(lines.values()), list(lines), loc="outside upper center", ncols=max(1, len(lines)))
    return drawing
