"""Which processes of a group, or of a session, still run."""

import subprocess
import time
from collections.abc import Callable


def group_members(group: int) -> list[int]:
    """Return the processes of a group that still run (an orphan that nobody reaps stays listed as a zombie)."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,state="], check=True, capture_output=True, text=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


def assert_nobody_is_left(group: int, members: Callable[[int], list[int]] = group_members) -> None:
    deadline = time.perf_counter() + 10
    while left := members(group):
        assert time.perf_counter() < deadline, f"Still running: {left}"
        time.sleep(0.05)


def session_members(session: int) -> list[int]:
    """Return the processes of a session that still run; Ray puts its workers into process groups of their own."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,sess=,state="], check=True, capture_output=True, text=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return [int(pid) for pid, sess, state in rows if int(sess) == session and not state.startswith("Z")]
