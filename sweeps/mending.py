"""Moving aside what is broken in a store."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

from sweeps.finding import Finding
from sweeps.lock import locked
from sweeps.paths import StudyPaths

__all__ = ["mend"]


def mend(paths: StudyPaths, findings: Sequence[Finding]) -> list[Path]:
    """Move what findings name into `StudyPaths.damaged`, and return where it lies now.

    The next driver trains again what is missing then. A database's
    write-ahead log goes with the database.

    Raises:
        InvalidInput: if a driver is at work, or the store cannot be written.
    """
    with locked(paths):
        moved = []
        for path in dict.fromkeys(finding.aside for finding in findings if finding.aside is not None):
            beside = [path.with_name(f"{path.name}-{kind}") for kind in ("wal", "shm")] if path == paths.search else []
            moved += [_move(paths, each) for each in (path, *beside) if each.exists() or each.is_symlink()]
        return moved


def _move(paths: StudyPaths, path: Path) -> Path:
    target = paths.damaged / path.relative_to(paths.root)
    free = next(
        name for n in count() if not (name := target.with_name(f"{target.name}.{n}" if n else target.name)).exists()
    )
    free.parent.mkdir(parents=True, exist_ok=True)
    path.rename(free)
    return free
