"""One driver a study: a lock that the system releases when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from lightning_modules.errors import InvalidInput
from sweeps.paths import StudyPaths

__all__ = ["locked"]


@contextmanager
def locked(paths: StudyPaths) -> Iterator[None]:
    """Make the study's folder and hold its lock.

    Raises:
        InvalidInput: if the folder cannot be written, or another driver holds the lock.
    """
    try:
        paths.runs.mkdir(parents=True, exist_ok=True)
        lock = FileLock(paths.lock)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InvalidInput(
            f"Another atlas is at work in {paths.root}: wait for it to end, or give another --store."
        ) from error
    except OSError as error:
        raise InvalidInput(
            f"The store {paths.root.parent} cannot be written ({error.strerror}): give another --store."
        ) from error
    try:
        yield
    finally:
        lock.release()
