"""Faults of the file system, for the processes that import a study file which installs them.

What a test asks for lies in the environment, so that it reaches workers too:
`FAULT_QUOTA`, ``BYTES:FOLDER``, lets a disk be full once the folder holds so
many bytes; `FAULT_KILL`, ``NAME:MARK``, kills the whole process group in the
middle of writing the first file whose name ends so, and leaves a mark.
"""

import errno
import os
import signal
from pathlib import Path

__all__ = ["install"]

_write_bytes = Path.write_bytes


def install():
    """Let every file that is written whole go through this layer."""
    if "FAULT_QUOTA" in os.environ or "FAULT_KILL" in os.environ:
        Path.write_bytes = _faulty_bytes
        Path.write_text = _faulty_text


def _faulty_bytes(path, data):
    if quota := os.environ.get("FAULT_QUOTA"):
        most, folder = quota.split(":", 1)
        if _size(Path(folder)) + len(data) > int(most):
            _write_bytes(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    if kill := os.environ.get("FAULT_KILL"):
        name, mark = kill.split(":", 1)
        if path.name.endswith(name) and not Path(mark).exists():
            Path(mark).touch()
            _write_bytes(path, data[: len(data) // 2])
            os.killpg(os.getpgrp(), signal.SIGKILL)
    return _write_bytes(path, data)


def _faulty_text(path, text, encoding="utf-8"):
    return _faulty_bytes(path, text.encode(encoding))


def _size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
