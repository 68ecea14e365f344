"""What a worker does: it trains tasks one after another until its driver is gone.

A worker reads pickled tasks from a pipe and answers each with how it ended.
Results go to the store, never through the pipe.
"""

import ctypes
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from sweeps.executors.executor import Outcome, Task
from sweeps.files import disk_fault
from sweeps.store import RunStore

if TYPE_CHECKING:
    from lightning_modules.training.checkpoint import Checkpoint

__all__ = ["Answer", "Worker", "keep_freed_memory", "perform", "work"]


@dataclass(frozen=True)
class Answer:
    """How a task ended, without the task.

    Arguments:
        seconds: wall time.
        error: a sentence for the user if the task can never succeed, else None.
        trace: the traceback of an error that nobody expected, for whoever has to find it.
    """

    seconds: float
    error: str | None = None
    trace: str = ""

    def outcome(self, task: Task) -> Outcome:
        """Return the outcome of the task, and show the trace on this process's stderr."""
        # The driver shows it, not the worker: only the driver knows what else is drawn on the terminal.
        sys.stderr.write(self.trace)
        return Outcome(task, self.seconds, self.error)


def perform(task: Task) -> Outcome:
    """Train what the store lacks of a task's runs, as one stack, and write it there.

    On one thread, as a worker has it, so that a run has the same bits. An error
    that is not the user's shows its traceback on stderr; its last line is in
    the outcome.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _answer(lambda: _train(task)).outcome(task)
    finally:
        torch.set_num_threads(threads)


class Worker:
    """What every worker process does, however its tasks reach it: it trains on one thread, deaf to Ctrl-C.

    Made by the main thread of a process of its own.

    Arguments:
        prepare: called once, for example to load the study file whose components the tasks hold.
    """

    def __init__(self, prepare: Callable[[], object] | None) -> None:
        import torch

        # Whoever started this process may not have blocked it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        keep_freed_memory()
        torch.set_num_threads(1)
        self._prepared = _answer(prepare) if prepare is not None else Answer(0.0)

    def train(self, message: bytes) -> Answer:
        """Train a pickled task; if the worker could not be prepared, say why."""
        return self._prepared if self._prepared.error else _answer(partial(_train_pickled, message))


def work(connection: Connection, prepare: Callable[[], object] | None, pulse: float) -> None:
    """Be a worker process: answer tasks until the pipe closes, then leave at once, in the middle of a task too.

    Arguments:
        connection: this worker's end of its pipe.
        prepare: called once before the first task.
        pulse: seconds from one sign of life to the next; it is None in place of an answer.
    """
    messages: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, messages), daemon=True).start()
    speaking = threading.Lock()
    threading.Thread(target=_beat, args=(connection, pulse, speaking), daemon=True).start()
    worker = Worker(prepare)
    while True:
        _say(connection, worker.train(messages.get()), speaking)


def keep_freed_memory() -> None:
    """Tell glibc's malloc to keep what is freed instead of returning it to the system; elsewhere do nothing.

    By default an array of some megabytes is mapped anew at every allocation,
    and every step pays for its page faults.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    mallopt(trim_threshold, 2**30)
    mallopt(mmap_threshold, 2**25)  # the largest value that glibc takes


def _train(task: Task) -> None:
    from lightning_modules.training.checkpointing import Checkpointing
    from lightning_modules.training.fit import fit, fit_until
    from sweeps.checkpoints import read_checkpoint, write_checkpoint
    from sweeps.executors.halving import train_in_halves
    from sweeps.executors.saving import save_all

    store = RunStore(task.folder)

    def keep(checkpoints: "Sequence[Checkpoint]") -> None:
        for each in checkpoints:
            write_checkpoint(store.path(each.run), each)

    start: dict[Run, Checkpoint] = {}
    after: dict[int, list[Run]] = {}
    for run in task.runs:
        if store.find(run, task.purpose) is None:
            if (found := read_checkpoint(store.path(run), run, task.backend)) is not None:
                start[run] = found
            after.setdefault(found.epochs if found else 0, []).append(run)
    options: Any = {
        "accelerator": task.accelerator,
        "backend": task.backend,
        "start": start,
        "checkpointing": Checkpointing(keep, task.checkpoint_every),
    }
    # Runs that were interrupted in different stacks may stand at different epochs.
    for epochs, runs in after.items():
        if task.epochs is None:
            save_all(train_in_halves(runs, partial(fit, **options)), partial(store.save, purpose=task.purpose))
        elif epochs < task.epochs:
            for stands in train_in_halves(runs, partial(fit_until, epochs=task.epochs, **options)):
                keep([stands])


def _train_pickled(message: bytes) -> None:
    _train(pickle.loads(message))  # noqa: S301 - written by the driver, on this machine


def _answer(action: Callable[[], object]) -> Answer:
    start, error, trace = time.perf_counter(), None, ""
    try:
        action()
    except InvalidInput as reason:
        error = str(reason)
    except Exception as reason:  # noqa: BLE001 - a worker outlives a task that fails, whatever the reason
        error = disk_fault(reason)
        if error is None:
            error, trace = traceback.format_exception_only(reason)[-1].strip(), traceback.format_exc()
    return Answer(time.perf_counter() - start, error, trace)


def _say(connection: Connection, what: Answer | None, speaking: threading.Lock) -> None:
    try:
        with speaking:
            connection.send(what)
    except OSError:
        os._exit(1)


def _beat(connection: Connection, pulse: float, speaking: threading.Lock) -> None:
    """Give signs of life; a thread of its own, so that a process that stands still falls silent, and no other does."""
    while True:
        time.sleep(pulse)
        _say(connection, None, speaking)


def _listen(connection: Connection, messages: "SimpleQueue[bytes]") -> None:
    """Pass messages on; a thread of its own, so that the driver's death is seen while the worker trains."""
    try:
        while True:
            messages.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)
