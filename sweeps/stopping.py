"""How a driver is asked to leave: by Ctrl-C, by SIGTERM, or by a file in the study's folder."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from lightning_modules.errors import InvalidInput
from sweeps.lock import is_locked
from sweeps.paths import StudyPaths

__all__ = ["StopRequest", "Stopped", "ask_to_stop", "stoppable"]


class Stopped(Exception):
    """The driver was asked to leave, and the stacks that were under way are trained and written."""


class StopRequest:
    """Tells whether somebody asked; it is called between stacks.

    The first signal asks, and a Ctrl-C after it raises `KeyboardInterrupt` at
    once, whatever is under way.

    Arguments:
        file: another process asks by making it.
        on_signal: called within the handler of the first signal.
    """

    def __init__(self, file: Path, on_signal: Callable[[], None]) -> None:
        self._file, self._on_signal = file, on_signal
        self._signalled = False

    def __call__(self) -> bool:
        """Return whether the driver is to leave."""
        return self._signalled or self._file.exists()

    def receive(self, number: int, _: FrameType | None) -> None:
        """Handle a signal."""
        if self._signalled and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self._signalled:
            self._signalled = True
            self._on_signal()


@contextmanager
def stoppable(paths: StudyPaths, on_signal: Callable[[], None] = lambda: None) -> Iterator[StopRequest]:
    """Let the driver that holds a study's lock be asked to leave; what was asked of an earlier one is forgotten.

    Arguments:
        paths: the study's.
        on_signal: called within the handler of the first signal.

    Raises:
        Stopped: at the end, if it was asked for after the last stack.
    """
    paths.stop.unlink(missing_ok=True)
    request = StopRequest(paths.stop, on_signal)
    before = {number: signal.signal(number, request.receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
        if request():
            raise Stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        paths.stop.unlink(missing_ok=True)


def ask_to_stop(paths: StudyPaths) -> None:
    """Ask the driver of a study to finish its stacks and leave.

    Raises:
        InvalidInput: if there is none, or the study's folder cannot be written.
    """
    if not is_locked(paths):
        raise InvalidInput(f"No atlas is at work in {paths.root}: there is nothing to stop.")
    try:
        paths.stop.touch()
    except OSError as error:
        raise InvalidInput(f"{paths.stop} cannot be written: {error.strerror}; stop the driver by Ctrl-C.") from error
