"""Runs that wait to be trained, packed into stacks as slots fall idle."""

from collections import deque
from collections.abc import Callable, Iterable

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
        self._waiting: dict[Run, None] = {}
        self._stacks: deque[tuple[Run, ...]] = deque()
        self._busy = 0
        self._told = (0, 0)
        self._under_way: set[Run] = set()

    @property
    def empty(self) -> bool:
        """Whether nothing waits and nothing is trained."""
        return not self._waiting and not self._busy

    def add(self, runs: Iterable[Run]) -> None:
        """Take runs that the store does not hold; one that waits or is trained already is not taken twice."""
        self._waiting |= {run: None for run in runs if run not in self._under_way}
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
        outcome = self._executor.next_outcome()
        self._busy -= 1
        self._under_way.difference_update(outcome.task.runs)
        if outcome.error is not None:
            raise InvalidInput(outcome.error)
        # The slot goes on while the outcome is written down.
        self.fill()
        self._on_outcome(outcome)
        return outcome.task.runs

    def fill(self) -> None:
        """Hand stacks to the idle slots."""
        while self._waiting and self._busy < self._executor.slots and not self._stop():
            if not self._stacks:
                workers, memory = self._executor.slots, self._executor.memory
                self._stacks = deque(pack(list(self._waiting), workers, self._executor.placement, memory))
            stack = self._stacks.popleft()
            for run in stack:
                del self._waiting[run]
            place = self._executor.placement
            where = (place.accelerator, place.backend, place.checkpoint_every)
            self._executor.submit(Task(stack, self._purpose, self._store.folder, *where))
            self._under_way.update(stack)
            self._busy += 1
        if (now := (self._busy, len(self._under_way))) != self._told:
            self._told = now
            self._on_change(*now)
