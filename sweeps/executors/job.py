"""A task on its way to a worker, and what becomes of it when workers die."""

import pickle
import time
from dataclasses import dataclass

from lightning_modules.errors import InvalidInput
from sweeps.executors.executor import Outcome, Task

__all__ = ["Job", "attempts", "pickled"]

attempts = 3


@dataclass
class Job:
    """A task with what its workers are sent.

    Arguments:
        task: to be trained.
        message: what a worker unpickles.
        failures: how many workers died while they trained it.
        started: when the last of them began, by `time.perf_counter`.
    """

    task: Task
    message: bytes
    failures: int = 0
    started: float = 0.0

    def start(self) -> None:
        """Note that a worker begins."""
        self.started = time.perf_counter()

    def ended(self, error: str) -> Outcome:
        """Return the outcome of a task that no worker could end."""
        return Outcome(self.task, time.perf_counter() - self.started, error)

    def died(self, how: str) -> Outcome | None:
        """Note that a worker died of it; return None if the task is to be tried again, else its outcome.

        Arguments:
            how: the worker died, for the sentence.
        """
        self.failures += 1
        if self.failures < attempts:
            return None
        return self.ended(
            f"{attempts} workers died while they trained {len(self.task.runs)} runs of recipe"
            f" {self.task.runs[0].recipe.hash} (the last one {how}): if memory ran out, use fewer workers or a smaller"
            " model; otherwise train in one process to see the error."
        )


def pickled(task: Task) -> bytes:
    """Return what a worker unpickles.

    Raises:
        InvalidInput: for a recipe whose components workers cannot import.
    """
    try:
        return pickle.dumps(task)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise InvalidInput(
            f"Recipe {task.runs[0].recipe.hash} cannot be sent to a worker ({error}): define its components at the"
            " top level of a module or of the study file."
        ) from error
