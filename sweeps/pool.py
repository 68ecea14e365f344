"""Runs that wait to be trained, packed into stacks as slots fall idle."""

import math
from collections import deque
from collections.abc import Callable, Iterable

from lightning_modules.backend import Backend
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from sweeps.executors.executor import Executor, Outcome, Task
from sweeps.packing import pack
from sweeps.record import Purpose
from sweeps.stopping import Stopped
from sweeps.store import RunStore

__all__ = ["Pool"]


class Pool:
    """Feeds an executor, never more than its slots: what still waits is packed anew when more runs come.

    Arguments:
        purpose: why the runs are trained.
        store: where they are written.
        executor: trains the stacks.
        on_outcome: called when a stack is done.
        stop: tells whether no more stacks are to be begun.
        on_change: called with the stacks under way and their runs when these change.
    """

    def __init__(
        self,
        purpose: Purpose,
        store: RunStore,
        executor: Executor,
        on_outcome: Callable[[Outcome], None],
        stop: Callable[[], bool] = lambda: False,
        on_change: Callable[[int, int], None] = lambda stacks, runs: None,
    ) -> None:
        self._purpose, self._store, self._executor, self._on_outcome = purpose, store, executor, on_outcome
        self._stop, self._on_change = stop, on_change
        self._waiting: dict[Run, int | None] = {}
        self._stacks: deque[tuple[Run, ...]] = deque()
        self._busy = 0
        self._told = (0, 0)
        self._under_way: set[Run] = set()

    @property
    def backend(self) -> Backend:
        """What takes the steps."""
        return self._executor.placement.backend

    @property
    def empty(self) -> bool:
        """Whether nothing waits and nothing is trained."""
        return not self._waiting and not self._busy

    def add(self, runs: Iterable[Run], until: int | None = None) -> None:
        """Take runs that the store does not hold; one that waits or is trained already is not taken twice.

        Arguments:
            runs: to be trained.
            until: up to so many epochs; None for all. Of two numbers for a run that waits, the larger counts; one
                that is being trained to the smaller is to be given again when its stack is done.
        """
        for run in runs:
            if run not in self._under_way:
                self._waiting[run] = max(until, self._waiting.get(run, until), key=_length)
        self._stacks.clear()

    def next_stack(self) -> tuple[Run, ...]:
        """Fill the idle slots, wait for a stack to end, and return its runs.

        Raises:
            InvalidInput: if the stack can never succeed, with its sentence.
            Stopped: if it is to stop and all stacks under way have ended.
        """
        self.fill()
        if not self._busy and self._stop():
            raise Stopped
        return self._next_outcome().task.runs

    def drain(self) -> None:
        """Wait for the stacks under way, and begin no more.

        A run is in the store before its stack's end is heard of: who has all
        the runs that it wanted may still be owed outcomes, which the executor
        would give to whoever asks next.

        Raises:
            InvalidInput: if a stack can never succeed, with its sentence.
        """
        self._waiting.clear()
        while self._busy:
            self._next_outcome()

    def _next_outcome(self) -> Outcome:
        outcome = self._executor.next_outcome()
        self._busy -= 1
        self._under_way.difference_update(outcome.task.runs)
        if outcome.error is not None:
            raise InvalidInput(outcome.error)
        # The slot goes on while the outcome is written down.
        self.fill()
        self._on_outcome(outcome)
        return outcome

    def fill(self) -> None:
        """Hand stacks to the idle slots."""
        while self._waiting and self._busy < self._executor.slots and not self._stop():
            if not self._stacks:
                self._stacks = deque(self._packed())
            stack = self._stacks.popleft()
            (until,) = {self._waiting.pop(run) for run in stack}
            place = self._executor.placement
            where = (place.accelerator, place.backend, place.checkpoint_every)
            self._executor.submit(Task(stack, self._purpose, self._store.folder, *where, until))
            self._under_way.update(stack)
            self._busy += 1
        if (now := (self._busy, len(self._under_way))) != self._told:
            self._told = now
            self._on_change(*now)

    def _packed(self) -> list[tuple[Run, ...]]:
        """Return the stacks of all that waits: what is trained furthest first, for it takes longest."""
        workers, place, memory = self._executor.slots, self._executor.placement, self._executor.memory
        stacks = []
        for until in sorted(set(self._waiting.values()), key=_length, reverse=True):
            runs = [run for run, each in self._waiting.items() if each == until]
            stacks += pack(runs, workers, place, memory)
        return stacks


def _length(until: int | None) -> float:
    return math.inf if until is None else until
