"""Where a report comes from: the command, budget, seeds, versions and hardware that it takes to repeat it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from analysis.results import StudyResults

__all__ = ["Origin", "origin_of", "ranges"]


@dataclass(frozen=True)
class Origin:
    """What it takes to repeat a study.

    Arguments:
        command: that was typed.
        facts: names and texts.
    """

    command: str
    facts: tuple[tuple[str, str], ...]


def origin_of(results: StudyResults) -> Origin:
    """Return where a study's results come from."""
    return Origin(str(results.provenance.get("command", "unknown")), tuple(_facts(results)))


def ranges(numbers: Sequence[int]) -> str:
    """Return whole numbers in order, those that follow each other as a range: ``0–4, 7``."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][-1] + 1:
            found[-1] = [found[-1][0], number]
        else:
            found.append([number])
    return ", ".join("–".join(map(str, each)) for each in found)


def _facts(results: StudyResults) -> Iterator[tuple[str, str]]:
    budget = results.budget
    yield (
        "budget",
        f"{results.budget_name}: {budget['trials']} trials × {len(budget['search_seeds'])} search seeds,"
        f" {len(results.confirmed)} recipes confirmed × {len(budget['report_seeds'])} report seeds,"
        f" {budget['epochs']} epochs a run",
    )
    yield "searched by", results.metric.replace("_", " ")
    yield "search seeds", ranges(budget["search_seeds"])
    yield "report seeds", ranges(budget["report_seeds"])
    if results.crossed_seeds:
        crossed = results.crossed_seeds
        yield "crossed seeds", "; ".join(f"{name} {ranges(getattr(crossed, name))}" for name in crossed.streams)
    for name, value in results.provenance.items():
        if name != "command":
            yield ("seconds of workers" if name == "seconds" else name.replace("_", " ")), _words(name, value)
    try:
        yield "report written by", f"lossatlas {version('lossatlas')}"
    except PackageNotFoundError:
        yield "report written by", "a copy of lossatlas that is not installed"


def _words(name: str, value: object) -> str:
    """Return what the driver wrote down under a name."""
    if isinstance(value, Mapping):
        unit = " s" if name == "seconds" else ""
        return ", ".join(f"{key} {_text(item)}{unit}" for key, item in value.items())
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
