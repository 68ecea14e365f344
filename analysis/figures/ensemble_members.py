"""What each method gains over its own last network, by the number of its members: a panel for each."""

import math

from matplotlib.figure import Figure

from analysis.ensembles.comparison import gains
from analysis.ensembles.scored import ScoredEnsembles
from analysis.style import figure, page

__all__ = ["draw"]

_columns = 4
_suffix = {"points": " (points)", "nats": " (nats)"}


def draw(found: ScoredEnsembles, metric: str) -> Figure:
    """Draw the mean gain with its 95 % t-interval over the seeds; above zero is better.

    Arguments:
        found: the methods of a study.
        metric: in which the gain is.
    """
    several = [each for each in found.scored if len(each.costs) > 1]
    known = several[0].metrics[metric]
    factor = 100 if known.difference == "points" else 1
    columns = min(_columns, len(several))
    lines = math.ceil(len(several) / columns)
    drawing = figure(page * max(columns, 2) / _columns, 0.5 + 1.35 * lines)
    panels = drawing.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    for axes, each in zip(panels, several, strict=False):
        points = [(m, gain) for m, gain in enumerate(gains(each, metric), start=1) if gain is not None]
        counts, means = [m for m, _ in points], [factor * gain.value for _, gain in points]
        ends = [(m, factor * g.low, factor * g.high) for m, g in points if g.low is not None and g.high is not None]
        if ends:
            axes.fill_between(*zip(*ends, strict=True), color="#0072B2", alpha=0.2, linewidth=0)
        axes.plot(counts, means, "o-", color="#0072B2", markersize=3)
        axes.axhline(0, color="#333333", linewidth=0.8)
        most = len(each.costs)
        axes.set_xticks(range(1, most + 1) if most < 6 else sorted({1, *range(most, 0, -max(1, most // 3))}))
        lost = each.lost(most)
        axes.set_title(f"{each.title}{f' ({lost} lost)' if lost else ''}\n{each.key.partition('=')[2] or each.key}")
    for axes in panels[len(several) :]:
        axes.set_visible(False)
    seeds = " or ".join(str(count) for count in sorted({len(each.seeds) for each in several}))
    drawing.supxlabel("members", fontsize=8)
    drawing.supylabel(f"gain in {known.title}{_suffix.get(known.difference, '')}, n = {seeds} seeds", fontsize=8)
    return drawing
