"""Training in this process: for debugging, and where a second process is not worth its start."""

from collections import deque

from sweeps.executors.executor import Executor, Outcome, Task
from sweeps.executors.placement import Placement, anywhere
from sweeps.executors.worker import perform

__all__ = ["InProcess"]


class InProcess(Executor):
    """One slot, on one thread; a task is trained when its outcome is asked for.

    Arguments:
        placement: where stacks are trained.
    """

    def __init__(self, placement: Placement = anywhere) -> None:
        self.slots, self.placement = 1, placement
        self._waiting: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def next_outcome(self) -> Outcome:
        if not self._waiting:
            raise RuntimeError("No task is under way: submit one before asking for an outcome.")
        return perform(self._waiting.popleft())

    def close(self) -> None:
        self._waiting.clear()
