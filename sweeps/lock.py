"""One driver a study: a lock that the system releases when its holder dies."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["is_locked", "locked", "make_folder"]

_patience = 0.2  # seconds; who only asks whether the lock is held holds it for an instant


@contextmanager
def locked(paths: StudyPaths) -> Iterator[None]:
    """Make the study's folder and hold its lock.

    Raises:
        InvalidInput: if the folder cannot be written, or another driver holds the lock.
    """
    make_folder(paths.runs)
    lock = FileLock(paths.lock)
    try:
        lock.acquire(timeout=_patience, poll_interval=_patience / 10)
    except Timeout as error:
        raise InvalidInput(
            f"Another atlas is at work in {paths.root}: wait for it to end, or give another --store."
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(paths: StudyPaths) -> bool:
    """Return whether a driver is at work on a study; the store need not be writable."""
    try:
        descriptor = os.open(paths.lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def make_folder(folder: Path) -> None:
    """Make a folder of the store and see that it can be written.

    Raises:
        InvalidInput: if it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InvalidInput(f"The store cannot be written, {folder}: {error.strerror}; give another --store.") from error
