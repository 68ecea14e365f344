"""A second thread writes where the disk keeps one waiting, and only there."""

import threading
import time

import pytest

from sweeps.executors import saving
from sweeps.executors.saving import save_all


class Clocks:
    """Clocks that a save moves: by the time that passes, and by the processor time in it."""

    def __init__(self, passed, worked):
        self.now = self.own = 0.0
        self.passed, self.worked = passed, worked

    def perf_counter(self):
        return self.now

    def thread_time(self):
        return self.own

    def save(self):
        self.now, self.own = self.now + self.passed, self.own + self.worked


@pytest.mark.parametrize(
    ("passed", "worked", "alone"),
    [(0.3, 0.3, 12), (0.5, 0.3, 12), (3.0, 0.3, 1)],
    ids=["quick disk", "busy machine", "slow disk"],
)
def test_a_second_thread_writes_only_where_the_disk_keeps_one_waiting(monkeypatch, passed, worked, alone):
    clocks, saved = Clocks(passed, worked), []
    monkeypatch.setattr(saving, "time", clocks)

    def save(result):
        clocks.save()
        saved.append((result, threading.current_thread() is threading.main_thread()))

    save_all(iter(range(12)), save)
    assert sorted(result for result, _ in saved) == list(range(12))
    assert sum(by_main for _, by_main in saved) == alone


def test_two_threads_share_what_a_slow_disk_is_slow_with():
    at_once, most, lock = 0, 0, threading.Lock()

    def save(_):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1

    save_all(range(8), save)
    assert most == 2


@pytest.mark.parametrize("which", [0, 5])
def test_what_cannot_be_saved_is_told(which):
    def save(result):
        time.sleep(0.002)
        if result == which:
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        save_all(range(8), save)


def test_nothing_to_save_is_no_error():
    save_all((), pytest.fail)
