"""What a snapshot ensemble gains over its last snapshot, by the number of snapshots."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.ensembles import EnsembleGain
from analysis.estimate import Estimate
from analysis.style import figure, page

__all__ = ["draw"]


def draw(gains: Mapping[str, Sequence[EnsembleGain]], colours: Mapping[str, str]) -> Figure:
    """Draw the gain in accuracy and in negative log-likelihood with their 95 % intervals; above zero is better.

    Arguments:
        gains: of each group that has snapshots, by their number from 1.
        colours: of the groups.
    """
    drawing = figure(page, 2.6)
    left, right = drawing.subplots(1, 2)
    for group, each in gains.items():
        _band(left, each, lambda gain: gain.accuracy, 100, colours[group], group)
        _band(right, each, lambda gain: gain.nll, 1, colours[group], group)
    left.set_ylabel("gain in test accuracy (points)")
    right.set_ylabel("gain in test log-likelihood (nats)")
    most = max(len(each) for each in gains.values())
    for axes in (left, right):
        axes.axhline(0, color="#333333", linewidth=0.8)
        axes.set_xticks(range(1, most + 1))
        axes.set_xlabel("snapshots averaged, from the last back")
        axes.margins(y=0.1)
    left.legend(loc="best")
    return drawing


def _band(
    axes: Axes,
    gains: Sequence[EnsembleGain],
    estimate: Callable[[EnsembleGain], Estimate],
    scale: float,
    colour: str,
    group: str,
) -> None:
    counts = [gain.snapshots for gain in gains]
    estimates = [estimate(gain) for gain in gains]
    means = [scale * each.value for each in estimates]
    ends = [(each.low, each.high) for each in estimates if each.low is not None and each.high is not None]
    if len(ends) == len(estimates):
        lows, highs = ([scale * each for each in side] for side in zip(*ends, strict=True))
        axes.fill_between(counts, lows, highs, color=colour, alpha=0.2, linewidth=0)
    axes.plot(counts, means, "o-", color=colour, markersize=4, label=f"{group} (n = {estimates[-1].n} seeds)")
