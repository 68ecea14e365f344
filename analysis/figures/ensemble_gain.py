"""What a snapshot ensemble gains over its last snapshot, by the number of snapshots."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.ensembles import EnsembleGain
from analysis.estimate import Estimate
from analysis.shown import shown
from analysis.style import column, columns_of, figure, page
from lightning_modules.score import Score

__all__ = ["draw"]

# From so many entries on a legend would hide what it is of.
_beside = 4


def draw(gains: Mapping[str, Sequence[EnsembleGain]], colours: Mapping[str, str], score: Score) -> Figure:
    """Draw the gain in the score and, where there is one, in log-likelihood with 95 % intervals; above zero is better.

    Arguments:
        gains: of each group that has snapshots, by their number from 1.
        colours: of the groups.
        score: in which the gain is.
    """
    likely = {group: each for group, each in gains.items() if each[0].nll is not None}
    drawing = figure(page if likely else 1.25 * column, 2.6)
    left, *others = drawing.subplots(1, 2 if likely else 1, squeeze=False)[0]
    show = shown(score)
    for group, each in gains.items():
        _band(left, [(gain.snapshots, gain.score) for gain in each], show.factor, colours[group], group)
    left.set_ylabel(f"gain in test {score.title}{show.difference_suffix}")
    for right in others:
        for group, each in likely.items():
            found = [(gain.snapshots, gain.nll) for gain in each if gain.nll is not None]
            _band(right, found, 1, colours[group], group)
        right.set_ylabel("gain in test log-likelihood (nats)")
    most = max(len(each) for each in gains.values())
    for axes in (left, *others):
        axes.axhline(0, color="#333333", linewidth=0.8)
        axes.set_xticks(range(1, most + 1))
        axes.set_xlabel("snapshots averaged, from the last back")
        axes.margins(y=0.1)
    if len(gains) < _beside:
        left.legend(loc="best")
    else:
        lines, _ = left.get_legend_handles_labels()
        drawing.legend(handles=lines, loc="outside upper left", ncols=columns_of(lines, drawing.get_figwidth()))
    return drawing


def _band(axes: Axes, gains: Sequence[tuple[int, Estimate]], scale: float, colour: str, group: str) -> None:
    counts, estimates = zip(*gains, strict=True)
    means = [scale * each.value for each in estimates]
    ends = [(each.low, each.high) for each in estimates if each.low is not None and each.high is not None]
    if len(ends) == len(estimates):
        lows, highs = ([scale * each for each in side] for side in zip(*ends, strict=True))
        axes.fill_between(counts, lows, highs, color=colour, alpha=0.2, linewidth=0)
    axes.plot(counts, means, "o-", color=colour, markersize=4, label=f"{group} (n = {estimates[-1].n} seeds)")
