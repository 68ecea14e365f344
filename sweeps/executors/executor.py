"""What an executor is: it takes stacks and gives back word that they are done."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from lightning_modules.backend import Backend
from lightning_modules.recipe import Run
from sweeps.executors.placement import Placement, anywhere
from sweeps.record import Purpose

__all__ = ["Executor", "Outcome", "Task"]


@dataclass(frozen=True)
class Task:
    """Runs of one shape, to be trained as one stack and written to the store.

    To their ends, each then has a record; or up to an epoch before, and each
    then has a checkpoint that stands there or further.

    Arguments:
        runs: of one shape.
        purpose: why they are trained.
        folder: the folder of the study's runs.
        accelerator: what they are trained on, as `Placement` has it.
        backend: takes the steps.
        checkpoint_every: epochs from one checkpoint to the next, as `Placement` has it.
        epochs: after which their training ends for now; None for all.
    """

    runs: tuple[Run, ...]
    purpose: Purpose
    folder: Path
    accelerator: str = "auto"
    backend: Backend = "auto"
    checkpoint_every: int | None = None
    epochs: int | None = None


@dataclass(frozen=True)
class Outcome:
    """The end of a task: the store has what was to be trained of all its runs, or there is an error.

    Arguments:
        task: what was to be done.
        seconds: wall time of the training and the writing.
        error: a sentence for the user if the task can never succeed, else None.
    """

    task: Task
    seconds: float
    error: str | None = None


class Executor(ABC):
    """Trains stacks, several at once.

    Use it as a context manager: leaving it ends its workers at once.

    Attributes:
        slots: how many tasks it works on at the same time.
        placement: where its stacks are trained.
        sharers: how many slots share the memory of one device; 0 for all of them.
    """

    slots: int
    placement: Placement = anywhere
    sharers: int = 0

    @cached_property
    def memory(self) -> int:
        """The bytes that each slot may take, measured once: later, what workers hold would count as taken."""
        return self.placement.memory(self.sharers or self.slots)

    @abstractmethod
    def submit(self, task: Task) -> None:
        """Take a task; it is started when a slot is free, in the order of submission."""

    @abstractmethod
    def next_outcome(self) -> Outcome:
        """Wait for the next task to end, in whatever order they do.

        Raises:
            RuntimeError: if no task is under way.
        """

    @abstractmethod
    def close(self) -> None:
        """End all workers; what they had not written is lost, what they had written stays."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
