"""Train runs through an executor: the one public function behind every sweep."""

from collections.abc import Callable, Iterator, Sequence

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from sweeps.executors.executor import Executor, Outcome, Task
from sweeps.packing import pack
from sweeps.record import Purpose, RunRecord
from sweeps.store import RunStore

__all__ = ["train"]


def train(
    runs: Sequence[Run],
    purpose: Purpose,
    store: RunStore,
    executor: Executor,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> list[RunRecord]:
    """Train the runs that the store does not hold yet and return the records of all, in their order.

    Arguments:
        runs: of any shapes; packed into stacks here.
        purpose: why they are trained.
        store: where they are written.
        executor: trains the stacks.
        on_outcome: called when a stack is done.

    Raises:
        InvalidInput: if a stack can never succeed, with its sentence.
    """
    missing = [run for run in dict.fromkeys(runs) if store.find(run, purpose) is None]
    for outcome in _outcomes(missing, purpose, store, executor):
        if outcome.error is not None:
            raise InvalidInput(outcome.error)
        on_outcome(outcome)
    records = [store.find(run, purpose) for run in runs]
    assert all(records), "an executor reported a stack as done that is not in the store"
    return [record for record in records if record is not None]


def _outcomes(runs: Sequence[Run], purpose: Purpose, store: RunStore, executor: Executor) -> Iterator[Outcome]:
    stacks = pack(runs, executor.slots)
    for stack in stacks:
        executor.submit(Task(stack, purpose, store.folder))
    for _ in stacks:
        yield executor.next_outcome()
