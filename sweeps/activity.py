"""What a driver is doing, written down for whoever asks; never read to decide what is trained."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lightning_modules.component import to_json
from lightning_modules.recipe import Recipe
from sweeps.files import write_json
from sweeps.stopping import Stopped
from sweeps.study import Study
from sweeps.watcher import Watcher

__all__ = ["Activity"]


class Activity(Watcher):
    """Keeps a file that says what the driver has under way, and in the end how it ended.

    Arguments:
        path: of the file, `StudyPaths.driver`.
        study: that is run.
        budget_name: under which it runs.
        workers: how many stacks are trained at the same time.
        words: the options with which it was started, for `atlas resume`.
        inner: hears of everything too.
    """

    def __init__(
        self,
        path: Path,
        study: Study,
        budget_name: str,
        workers: int,
        words: Sequence[str] = (),
        inner: Watcher | None = None,
    ) -> None:
        self._path, self._inner = path, inner or Watcher()
        self._open: dict[int, str] = {}
        self._state: dict[str, Any] = {
            "format": 1,
            "process": os.getpid(),
            "host": platform.node(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "budget_name": budget_name,
            "budget": {name: value for name, value in to_json(study.budget(budget_name)).items() if name != "type"},
            "metric": study.metric,
            "workers": workers,
            "words": list(words),
            "phase": None,
            "proposed": 0,
            "open": [],
            "stacks": 0,
            "runs": 0,
            "ended": None,
        }

    def phase(self, name: str, done: int, total: int) -> None:
        self._inner.phase(name, done, total)
        self._write(phase=name)

    def proposed(self, number: int, recipe: Recipe) -> None:
        self._inner.proposed(number, recipe)
        self._open[number] = recipe.hash
        self._state["proposed"] = max(self._state["proposed"], number + 1)

    def told(self, number: int) -> None:
        self._inner.told(number)
        self._open.pop(number, None)

    def under_way(self, stacks: int, runs: int) -> None:
        self._inner.under_way(stacks, runs)
        self._write(stacks=stacks, runs=runs, open=list(self._open.values()))

    def trained(self, runs: int, seconds: float) -> None:
        self._inner.trained(runs, seconds)

    def best(self, value: float, recipe: Recipe) -> None:
        self._inner.best(value, recipe)

    def finished(self, trained: int) -> None:
        self._inner.finished(trained)

    def __enter__(self) -> Self:
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(ended=_ending(error), stacks=0, runs=0, open=list(self._open.values()))

    def _write(self, **changes: Any) -> None:
        self._state |= changes
        write_json(self._path, self._state)


def _ending(error: BaseException | None) -> str:
    if error is None:
        return "complete"
    if isinstance(error, Stopped):
        return "stopped"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else " ".join(str(error).split()) or repr(error)
