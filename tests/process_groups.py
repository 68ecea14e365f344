"""Which processes of a group still run."""

import subprocess
import time


def group_members(group: int) -> list[int]:
    """Return the processes of a group that still run (an orphan that nobody reaps stays listed as a zombie)."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,state="], check=True, capture_output=True, text=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


def assert_nobody_is_left(group: int) -> None:
    deadline = time.perf_counter() + 10
    while left := group_members(group):
        assert time.perf_counter() < deadline, f"Still running: {left}"
        time.sleep(0.05)
