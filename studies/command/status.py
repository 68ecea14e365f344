"""The verb `status`: how far a study is."""

import time
from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sweeps.paths import StudyPaths
from sweeps.status import Status, status_of

__all__ = ["lines", "watch"]

_seconds_between_looks = 2.0


def watch(paths: StudyPaths, console: Console) -> None:
    """Show the lines in a terminal and renew them until the study is complete or its driver leaves, or Ctrl-C.

    Raises:
        InvalidInput: if the study cannot be read.
    """
    status = status_of(paths)
    with Live(_text(status), console=console, auto_refresh=False) as live:
        try:
            while status.at_work:
                time.sleep(_seconds_between_looks)
                status = status_of(paths)
                live.update(_text(status), refresh=True)
        except KeyboardInterrupt:
            return


def lines(status: Status) -> Iterator[str]:
    """Yield the lines that tell how far a study is."""
    yield f"driver    {_driver(status)}"
    yield (
        f"trials    {status.told} of {status.trials} told, {status.proposed} proposed; {status.dropped} dropped,"
        f" {status.diverged} with diverged runs"
    )
    yield f"runs      search {_part(status.searched)}, confirm {_part(status.confirmed)}"
    if status.best is not None:
        metric = status.metric.replace("_", " ")
        yield f"best      {metric} {status.best.value:.4f}, trial {status.best.number}: {status.best.label}"
    yield f"left      {_left(status)}"
    yield f"failures  {status.failure or 'none'}"


def _text(status: Status) -> Text:
    return Text("\n".join(lines(status)))


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
