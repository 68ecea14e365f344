"""Train runs through an executor: the one public function behind every sweep."""

from collections.abc import Callable, Iterable, Sequence

from lightning_modules.backend import Backend
from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from sweeps.executors.executor import Executor, Outcome
from sweeps.pool import Pool
from sweeps.record import Purpose, RunRecord
from sweeps.store import RunStore

__all__ = ["check_backend", "train"]


def train(
    runs: Sequence[Run],
    purpose: Purpose,
    store: RunStore,
    executor: Executor,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    on_change: Callable[[int, int], None] = lambda stacks, runs: None,
) -> list[RunRecord]:
    """Train the runs that the store does not hold yet and return the records of all, in their order.

    Arguments:
        runs: of any shapes; packed into stacks here.
        purpose: why they are trained.
        store: where they are written.
        executor: trains the stacks.
        on_outcome: called when a stack is done.
        stop: tells whether no more stacks are to be begun.
        on_change: called with the stacks under way and their runs when these change.

    Raises:
        InvalidInput: if a stack can never succeed, with its sentence, or if the store's runs were trained by another
            backend than the executor's, whose rounding differs.
        Stopped: if it was to stop before all were trained.
    """
    known = {run: store.find(run, purpose) for run in dict.fromkeys(runs)}
    check_backend((record for record in known.values() if record is not None), executor.placement.backend)
    pool = Pool(purpose, store, executor, on_outcome, stop, on_change)
    pool.add(run for run, record in known.items() if record is None)
    while not pool.empty:
        pool.next_stack()
    records = [known[run] or store.find(run, purpose) for run in runs]
    assert all(records), "an executor reported a stack as done that is not in the store"
    return [record for record in records if record is not None]


def check_backend(records: Iterable[RunRecord], backend: Backend) -> None:
    """Raise `InvalidInput` if a run was trained by another backend: their rounding differs."""
    for record in records:
        if record.backend != backend:
            raise InvalidInput(
                f"{record.folder} was trained with backend {record.backend}, this is {backend}, and their rounding"
                f" differs: give --backend {record.backend}, or another --store."
            )
