"""A process of another environment that answers questions, a line of JSON each."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["AskedProcess"]


class AskedProcess:
    """Use it as a context manager: leaving it ends the process.

    Arguments:
        command: that starts it.
        folder: of its own, removed at the end.
    """

    def __init__(self, command: Sequence[str | Path], folder: tempfile.TemporaryDirectory) -> None:
        self._folder = folder
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the process's answer to a request (its file lists them)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes its input, on which it leaves, and waits
            pass
        self._folder.cleanup()
