"""Ratios of two ways to do the same thing, from alternating repeats: a machine drifts more than code differs."""

import json
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Ratio", "compare", "relative", "show"]

Rate = Callable[[], float]


@dataclass(frozen=True)
class Ratio:
    """How many times faster ours is than a peer: the median of repeats and their range."""

    case: str
    peer: str
    ratio: float
    low: float
    high: float
    unit: str

    @staticmethod
    def of(case: str, peer: str, values: list[float], unit: str) -> "Ratio":
        """Return the ratio whose repeats gave these values."""
        middle, low, high = (round(each, 2) for each in (statistics.median(values), min(values), max(values)))
        return Ratio(case, peer, middle, low, high, unit)


def compare(case: str, unit: str, ours: Rate, peers: Mapping[str, Rate], repeats: int) -> list[Ratio]:
    """Measure rates (more is better) in turn, `repeats` times each after one unmeasured round."""
    ours()
    for peer in peers.values():
        peer()
    ratios: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(repeats):
        rate = ours()
        print(f"{case}: ours {rate:.4g} {unit}", file=sys.stderr)
        for name, peer in peers.items():
            ratios[name].append(rate / peer())
    return [Ratio.of(case, name, values, unit) for name, values in ratios.items()]


def relative(base: Rate, ways: Mapping[str, Rate], repeats: int) -> dict[str, list[float]]:
    """Return each way's rate over that of `base`, which is measured anew right before it, one value a repeat."""
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    base()
    for way in ways.values():
        way()
    for _ in range(repeats):
        for name, way in ways.items():
            ratios[name].append(1 / base() * way())
    return ratios


def show(ratios: list[Ratio], *, as_json: bool) -> None:
    """Print one JSON object a line, or a table."""
    for each in ratios:
        if as_json:
            print(json.dumps(vars(each)), flush=True)
        else:
            print(
                f"{each.case:<14} {each.peer:<20} {each.ratio:8.2f}×  ({each.low:.2f} to {each.high:.2f})  {each.unit}"
            )
