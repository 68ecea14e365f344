"""Showing a study's progress: a bar in a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from lightning_modules.recipe import Recipe
from sweeps.groups import describe
from sweeps.watcher import Watcher

__all__ = ["Bar", "Lines", "watcher"]

_seconds_between_lines = 5.0


def watcher(console: Console) -> "Bar | Lines":
    """Return what suits the console."""
    return Bar(console) if console.is_terminal else Lines(console)


class Bar(Watcher):
    """A live bar: the phase, runs done of all, the best so far, the time left."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("runs"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}"),
        )
        self._progress = Progress(*columns, console=console)

    def phase(self, name: str, done: int, total: int) -> None:
        """Start a bar."""
        self._task = self._progress.add_task(name, total=total, completed=done, best="")

    def trained(self, runs: int, seconds: float) -> None:
        """Advance the bar."""
        self._progress.advance(self._task, runs)

    def best(self, value: float, recipe: Recipe) -> None:
        """Show the best so far in the bar, and its recipe above."""
        self._progress.update(self._task, best=f"best {value:.4f}")
        self._progress.console.print(f"best so far {value:.4f} with {describe(recipe)}", highlight=False, markup=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class Lines(Watcher):
    """A line at the start of each phase, then one every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._name, self._done, self._total, self._fresh = "", 0, 0, 0
        self._begin = self._last = time.monotonic()

    def phase(self, name: str, done: int, total: int) -> None:
        """Print the phase's start."""
        self._name, self._done, self._total, self._fresh = name, done, total, 0
        self._begin = self._last = time.monotonic()
        self._say(f"{name}: {done} of {total} runs are complete")

    def trained(self, runs: int, seconds: float) -> None:
        """Print where the phase stands, unless it was printed just now."""
        self._done += runs
        self._fresh += runs
        now = time.monotonic()
        if now - self._last >= _seconds_between_lines or self._done == self._total:
            self._last = now
            left = (now - self._begin) / self._fresh * (self._total - self._done)
            self._say(f"{self._name}: {self._done} of {self._total} runs, {left:.0f} s left")

    def best(self, value: float, recipe: Recipe) -> None:
        """Print the best so far."""
        self._say(f"{self._name}: best so far {value:.4f} with {describe(recipe)}")

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
