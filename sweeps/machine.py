"""What of this machine the program may use: cores and memory, within what its control group allows."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

__all__ = ["available_memory", "usable_cores"]

_root = Path("/")


def usable_cores(root: Path = _root) -> int:
    """Return how many cores this process may run on: those it is bound to, and no more than its quota of time.

    Arguments:
        root: of the file system that tells of control groups.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [quota for folder in _groups("cpu", root) if (quota := _quota(folder)) is not None]
    return max(1, min([bound, *(math.ceil(quota) for quota in quotas)]))


def available_memory(root: Path = _root) -> int:
    """Return the bytes that can be taken without swapping: what is free or can be freed, here and in the control group.

    Arguments:
        root: of the file system that tells of control groups.
    """
    left = [left for folder in _groups("memory", root) if (left := _left(folder)) is not None]
    free: int = psutil.virtual_memory().available
    return max(0, min([free, *left]))


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the folders of this process's control groups, versions 1 and 2, each from the innermost outwards.

    A container sees its own group as the outermost, under whatever name the group has outside.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / (controller if controllers else "")
        folder = mount / path.lstrip("/")
        yield from (each for each in (folder, *folder.parents) if each.is_relative_to(mount) and each.is_dir())


def _quota(folder: Path) -> float | None:
    """Return the cores' worth of time that a control group may use, None without a limit."""
    numbers = _numbers(folder / "cpu.max") or [
        *_numbers(folder / "cpu.cfs_quota_us"),
        *_numbers(folder / "cpu.cfs_period_us"),
    ]
    return numbers[0] / numbers[1] if len(numbers) == 2 and min(numbers) > 0 else None


def _left(folder: Path) -> int | None:
    """Return the bytes that a control group may still take, None without a limit; the files it read can be dropped."""
    for limit, usage, dropped in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        numbers = [*_numbers(folder / limit), *_numbers(folder / usage)]
        if len(numbers) == 2:
            return numbers[0] - numbers[1] + _statistic(folder / "memory.stat", dropped)
    return None


def _numbers(file: Path) -> list[int]:
    """Return the whole numbers in a file; none where it is missing or says ``max``."""
    try:
        return [int(word) for word in file.read_text().split()]
    except (OSError, ValueError):
        return []


def _statistic(file: Path, name: str) -> int:
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(value) for key, value in lines if key == name), 0)
