"""One driver a study: a lock that the system releases when its holder dies."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["locked", "make_folder"]


@contextmanager
def locked(paths: StudyPaths) -> Iterator[None]:
    """Make the study's folder and hold its lock.

    Raises:
        InvalidInput: if the folder cannot be written, or another driver holds the lock.
    """
    make_folder(paths.runs)
    lock = FileLock(paths.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InvalidInput(
            f"Another atlas is at work in {paths.root}: wait for it to end, or give another --store."
        ) from error
    try:
        yield
    finally:
        lock.release()


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
