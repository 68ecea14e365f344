"""Training in this process: for debugging, and where a second process is not worth its start."""

from collections import deque

from sweeps.executors.executor import Executor, Outcome, Task
from sweeps.executors.worker import perform

__all__ = ["InProcess"]


class InProcess(Executor):
    """One slot; a task is trained when its outcome is asked for."""

    def __init__(self) -> None:
        self.slots = 1
        self._waiting: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def next_outcome(self) -> Outcome:
        if not self._waiting:
            raise RuntimeError("No task is under way: submit one before asking for an outcome.")
        return perform(self._waiting.popleft())

    def close(self) -> None:
        self._waiting.clear()
