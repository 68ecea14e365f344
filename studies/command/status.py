"""The verb `status`: how far a study is."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from studies.command.sparkline import ends, sparkline
from sweeps.best_so_far import Best
from sweeps.paths import StudyPaths
from sweeps.status import Status, status_of

if TYPE_CHECKING:
    from analysis.estimate import Unit

__all__ = ["lines", "watch"]

_seconds_between_looks = 2.0
_fewest_blocks, _most_blocks = 8, 40
_beside_blocks = 50  # columns of a sparkline's line that neither it nor its label takes, with diverged runs


def watch(paths: StudyPaths, console: Console) -> None:
    """Show the lines in a terminal and renew them until the study is complete or its driver leaves, or Ctrl-C.

    Raises:
        InvalidInput: if the study cannot be read.
    """
    status = status_of(paths)
    with Live(_text(status, console.width), console=console, auto_refresh=False) as live:
        try:
            while status.at_work:
                time.sleep(_seconds_between_looks)
                status = status_of(paths)
                live.update(_text(status, console.width), refresh=True)
        except KeyboardInterrupt:
            return


def lines(status: Status, width: int = 120) -> Iterator[str]:
    """Yield the lines that tell how far a study is.

    Arguments:
        status: of the study.
        width: of the terminal; sparklines are cut to it.
    """
    yield f"driver    {_driver(status)}"
    yield (
        f"trials    {status.told} of {status.trials} told, {status.proposed} proposed; {status.dropped} dropped,"
        f" {status.diverged} with diverged runs"
    )
    yield f"runs      search {_part(status.searched)}, confirm {_part(status.confirmed)}"
    if status.best is not None:
        yield f"best      {_best(status, status.best)}"
        yield from _groups(status, width)
    yield f"left      {_left(status)}"
    yield f"failures  {_failures(status)}"


def _text(status: Status, width: int) -> Text:
    return Text("\n".join(lines(status, width)))


def _driver(status: Status) -> str:
    state, budget = status.driver, f"budget {status.budget_name}"
    if not status.at_work:
        how = "complete" if status.finished else state.get("ended")
        end = {"complete": "the study is complete", "stopped": "it was stopped", "interrupted": "it was interrupted"}
        return f"nobody is at work ({budget}): {end.get(str(how), 'the study is not complete')}"
    if state.get("ended", "") is not None:  # of an earlier driver: the one at work has not begun to train
        return f"at work ({budget}): it starts"
    since = datetime.fromisoformat(state["started"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return (
        f"at work ({budget}) since {since}, process {state['process']} on {state['host']}:"
        f" {state['stacks']} of {state['workers']} workers busy with {state['runs']} runs"
    )


def _best(status: Status, best: Best) -> str:
    number = f"{_metric(status)} {best.value:.4f}"
    if len(best.values) > 1:
        # It takes time to import, and there is a best only when something was trained.
        from analysis.estimate import t_interval

        unit: Unit = "fraction" if status.metric.endswith("accuracy") else "target"
        interval = t_interval(best.values, "best", "search seeds", unit)
        assert interval.low is not None
        assert interval.high is not None
        number += f" [{interval.low:.4f}, {interval.high:.4f}] over {interval.n} search seeds"
        number += f", optimistic as the best of {status.told}" if status.told > 1 else ""
    else:
        number += (
            " on one search seed" if best.values else " without an interval, as a seed is missing or counts as guessing"
        )
    return f"{number}; trial {best.number}: {best.label}"


def _groups(status: Status, width: int) -> Iterator[str]:
    """Yield a sparkline for each group: its best so far after each trial, all groups on one scale."""
    known = [value for group in status.groups for value in group.values if value is not None]
    low, high = min(known), max(known)
    yield f"groups    best so far after each trial, from {ends[0]} {low:.4f} to {ends[1]} {high:.4f}"
    wide = max(len(group.label) for group in status.groups)
    blocks = max(_fewest_blocks, min(_most_blocks, width - wide - _beside_blocks))
    for group in status.groups:
        line = sparkline(group.values, low, high, blocks)
        value = group.values[-1]
        number = "  none" if value is None else f"{value:.4f}"
        counts = _count(group.trials, "trial") + (
            f", {_count(group.diverged, 'diverged run')}" if group.diverged else ""
        )
        yield f"          {group.label:<{wide}}  {line}  {number}, {counts}"


def _failures(status: Status) -> str:
    searched, confirmed = status.diverged_runs
    diverged = (
        f"{_count(searched + confirmed, 'diverged run')}, {searched} of the search and {confirmed} of the winners"
    )
    found = [*filter(None, [status.failure]), *([diverged] if searched + confirmed else [])]
    return "; ".join(found) or "none"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _metric(status: Status) -> str:
    return status.metric.replace("_", " ")


def _part(counts: tuple[int, int | None]) -> str:
    done, total = counts
    return f"{done} of {total}" if total is not None else f"{done} of as many as the search will ask for"


def _left(status: Status) -> str:
    if status.finished:
        return "nothing"
    if status.seconds_left is None:
        return "not known before a stack is trained"
    seconds = round(status.seconds_left)
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    text = " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than 1 s"
    least = "" if status.confirmed[1] is not None else "at least "
    return f"{least}about {text}" + ("" if status.at_work else " of work")
