"""Training in worker processes of this machine."""

import atexit
import gc
import math
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from lightning_modules.checks import require_integer
from sweeps.executors.devices import Devices, work_on
from sweeps.executors.executor import Executor, Outcome, Task
from sweeps.executors.job import Job, pickled
from sweeps.executors.placement import Placement, anywhere
from sweeps.executors.worker import Answer
from sweeps.interrupts import children_deaf_to_interrupts

__all__ = ["Local", "start_server"]

_patience = 2.0  # seconds that a worker has to leave before it is killed
_preload = ["sweeps.executors.preload"]


@dataclass
class _Worker:
    process: ForkServerProcess
    connection: Connection
    device: str | None
    job: Job | None = None
    silence: float = 0.0


def start_server() -> None:
    """Let the server of workers begin to import, if it has not; making a `Local` does it too."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(_preload)
    with children_deaf_to_interrupts():
        forkserver.ensure_running()


class Local(Executor):
    """Long-lived workers of one thread each, forked from a server that has imported torch and Lightning once.

    The server starts to import when the executor is made, while the driver
    goes on with its own work; workers are forked when there are tasks for
    them. A worker that dies takes no more than its own task with it: the task
    is trained again by another worker, twice at most, on the same device. One
    that stands still, because it was stopped or its machine hangs, is killed
    after a while.

    Workers import the main script again, as every ``multiprocessing`` worker
    does: a script that uses this class needs ``if __name__ == "__main__":``.

    Arguments:
        workers: how many processes.
        prepare: called once in every worker before its first task; must be picklable.
        placement: where stacks are trained.
        devices: over which the workers are spread, as ``CUDA_VISIBLE_DEVICES`` names them: each worker sees one. An
            empty sequence leaves the environment of the workers as it is.
        patience: seconds that a worker may be silent.

    Raises:
        InvalidInput: for fewer than one worker; from `submit`, for a recipe whose components workers cannot import.
    """

    def __init__(
        self,
        workers: int,
        prepare: Callable[[], object] | None = None,
        placement: Placement = anywhere,
        devices: Sequence[str] = (),
        patience: float = 300.0,
    ) -> None:
        require_integer("The number of workers", workers, at_least=1)
        self.slots, self.placement = workers, placement
        self.sharers = math.ceil(workers / max(1, len(devices)))
        self._prepare, self._devices = prepare, Devices(devices)
        self._patience, self._pulse = patience, min(5.0, patience / 4)
        self._context = multiprocessing.get_context("forkserver")
        self._waiting: deque[Job] = deque()
        self._workers: list[_Worker] = []
        self._ended: deque[Outcome] = deque()
        self._meanwhile: Callable[[], object] | None = None
        # A driver that has imported torch otherwise looks for reference cycles for half a second when it exits.
        atexit.register(gc.freeze)
        start_server()

    def meanwhile(self, action: Callable[[], object]) -> None:
        """Let a thread do something, once, when the first task waits for the server's imports."""
        self._meanwhile = action

    def submit(self, task: Task) -> None:
        self._waiting.append(Job(task, pickled(task)))
        # The first fork waits for the server's imports; a driver that still has tasks to submit should not.
        if self._workers:
            self._fill_slots()

    def next_outcome(self) -> Outcome:
        if self._meanwhile is not None:
            threading.Thread(target=self._meanwhile).start()
            self._meanwhile = None
        while not self._ended:
            self._fill_slots()
            busy = {worker.connection: worker for worker in self._workers if worker.job is not None}
            if not busy and not self._ended:
                raise RuntimeError("No task is under way: submit one before asking for an outcome.")
            self._listen(busy)
        self._fill_slots()
        return self._ended.popleft()

    def _listen(self, busy: dict[Connection, _Worker]) -> None:
        """Take what workers say within a pulse, and kill those that have been silent for too long."""
        before = time.monotonic()
        heard = wait(list(busy), timeout=0 if self._ended else self._pulse)
        # Only time in which this process listened counts: it may have been stopped itself.
        waited = min(time.monotonic() - before, self._pulse)
        for connection, worker in busy.items():
            if connection in heard:
                worker.silence = 0.0
                self._receive(worker)
                continue
            worker.silence += waited
            if worker.silence >= self._patience:
                worker.process.kill()  # which ends its pipe

    def close(self) -> None:
        self._waiting.clear()
        for worker in self._workers:
            worker.connection.close()
        while self._workers:
            _end(self._workers.pop().process)

    def _fill_slots(self) -> None:
        while self._waiting:
            worker = next((worker for worker in self._workers if worker.job is None), None)
            if worker is None:
                if len(self._workers) == self.slots:
                    return
                worker = self._new_worker()
            worker.job, worker.silence = self._waiting.popleft(), 0.0
            worker.job.start()
            try:
                worker.connection.send_bytes(worker.job.message)
            except OSError:
                self._replace(worker)

    def _new_worker(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        device = self._devices.take()
        words = (device, theirs, self._prepare, self._pulse)
        process = self._context.Process(target=work_on, args=words, daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours, device)
        self._workers.append(worker)
        return worker

    def _receive(self, worker: _Worker) -> None:
        assert worker.job is not None
        try:
            answer: Answer | None = worker.connection.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if answer is None:
            return
        self._ended.append(answer.outcome(worker.job.task))
        worker.job = None

    def _replace(self, worker: _Worker) -> None:
        """Forget a worker that died; its task is the next to be started, or ends with an error."""
        job = worker.job
        assert job is not None
        worker.connection.close()
        self._workers.remove(worker)
        self._devices.give_back(worker.device)
        outcome = job.died(_described(_end(worker.process)))
        if outcome is None:
            self._waiting.appendleft(job)
        else:
            self._ended.append(outcome)


def _end(process: ForkServerProcess) -> int | None:
    """Wait for a process whose pipe is closed, kill it if it stays, and return its exit status."""
    process.join(_patience)
    if process.exitcode is None:
        process.kill()
        process.join()
    status = process.exitcode
    process.close()
    return status


def _described(status: int | None) -> str:
    if status is not None and status < 0:
        return f"by signal {signal.Signals(-status).name}"
    return f"with exit status {status}"
