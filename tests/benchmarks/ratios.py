"""Ratios of two ways to do the same thing, from alternating repeats: a machine drifts more than code differs."""

import json
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Ratio", "compare", "show"]

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
    return [
        Ratio(case, name, round(statistics.median(values), 2), round(min(values), 2), round(max(values), 2), unit)
        for name, values in ratios.items()
    ]


def show(ratios: list[Ratio], *, as_json: bool) -> None:
    """Print one JSON object a line, or a table."""
    for each in ratios:
        if as_json:
            print(json.dumps(vars(each)))
        else:
            print(
                f"{each.case:<14} {each.peer:<20} {each.ratio:8.2f}×  ({each.low:.2f} to {each.high:.2f})  {each.unit}"
            )
