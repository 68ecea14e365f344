"""How good each method is against the epochs that it trains."""

from typing import Any

from matplotlib.figure import Figure

from analysis.ensembles.comparison import compare
from analysis.ensembles.cost import Limit
from analysis.ensembles.scored import ScoredEnsembles, ScoredMethod
from analysis.ensembles.scoring import Metric
from analysis.estimate import Estimate
from analysis.style import colours, figure, page

__all__ = ["draw"]

_markers = "osD^vPX*<>hp"
_spread = 0.4


def draw(found: ScoredEnsembles) -> Figure:
    """Draw the task's score with 95 % t-intervals over the seeds, by the epochs of training, with the most members.

    Methods that train as long are drawn side by side.

    Arguments:
        found: the methods of a study.
    """
    metric = next(iter(found.scored[0].metrics.values()))
    points = [_points(found, each, metric) for each in found.scored]
    budgets = sorted({epochs for each in points for epochs, _ in each})
    place = {epochs: index for index, epochs in enumerate(budgets)}
    colour = list(colours([str(index) for index in range(6)]).values())
    factor = 100 if metric.unit == "fraction" else 1
    drawing = figure(page, 3.2)
    axes = drawing.subplots()
    for index, (each, own) in enumerate(zip(found.scored, points, strict=True)):
        shift = _spread * 2 * ((index + 0.5) / len(points) - 0.5)
        x = [place[epochs] + shift for epochs, _ in own]
        y = [factor * estimate.value for _, estimate in own]
        style: Any = {"color": colour[index % 6], "marker": _markers[index % len(_markers)], "markersize": 4}
        axes.plot(x, y, linewidth=0.8, label=f"{each.title} ({each.key.partition('=')[2] or each.key})", **style)
        for at, (_, estimate) in zip(x, own, strict=True):
            if estimate.low is not None and estimate.high is not None:
                ends = [factor * estimate.low, factor * estimate.high]
                axes.plot([at, at], ends, color=colour[index % 6], linewidth=0.8)
    for edge in range(1, len(budgets)):
        axes.axvline(edge - 0.5, color="#DDDDDD", linewidth=0.6)
    axes.set_xticks(range(len(budgets)), [f"{epochs:g}" for epochs in budgets])
    axes.set_xlim(-0.5, len(budgets) - 0.5)
    axes.set_xlabel("epochs of training")
    seeds = len(found.scored[0].seeds)
    axes.set_ylabel(f"test {metric.title}{' (%)' if factor == 100 else ''}, n = {seeds} seeds")
    drawing.legend(loc="outside right center")
    return drawing


def _points(found: ScoredEnsembles, each: ScoredMethod, metric: Metric) -> list[tuple[float, Estimate]]:
    """Return a method's score at each of the budgets that it can have."""
    one = [row for row in found.scored if row is each or row.method == "single"]
    alone = ScoredEnsembles(found.results, found.average, tuple(one), {})
    points = []
    for epochs in sorted({cost.epochs for cost in each.costs}):
        # One member that is the single network is no row of its own.
        rows = [row for row in compare(alone, Limit("epochs", epochs)).rows if row.scored is each]
        points += [(epochs, estimate) for row in rows if (estimate := row.values[metric.name]) is not None]
    return points
