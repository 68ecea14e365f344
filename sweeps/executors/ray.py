"""Training in workers of a Ray cluster, on this machine or on many."""

import dataclasses
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput
from lightning_modules.recipe import Run
from sweeps.checkpoints import read_checkpoint
from sweeps.executors.executor import Executor, Outcome, Task
from sweeps.executors.job import Job, attempts, pickled
from sweeps.executors.placement import Placement, anywhere
from sweeps.executors.ray_cluster import cluster, imported_ray, slots_of
from sweeps.executors.ray_worker import RayWorker, Started
from sweeps.executors.worker import Answer
from sweeps.store import RunStore

__all__ = ["Ray"]

_patience = 30.0  # seconds that memory is measured for: of a busy cluster, some workers may start much later
_delay = 10.0  # seconds after which a network file system shows what another node has written


@dataclass
class _Worker:
    """An actor, the result that it owes if any, where it is once it has started, and what it trains."""

    actor: Any
    owed: Any
    place: Started | None = None
    job: Job | None = None


class Ray(Executor):
    """Long-lived workers of one thread each, wherever in a Ray cluster there is room for them.

    A worker that dies takes no more than its own task with it: the task is
    trained again by another worker, twice at most. Results go to the store,
    which must be a folder that every node sees under the same path; the study
    file, and this package, must be there on every node too. A slot that the
    cluster has no room for at first, because others use it, joins later.

    Arguments:
        prepare: called once in every worker before its first task; must be picklable.
        placement: where stacks are trained.
        per_gpu: how many workers share a GPU, one by default.
        workers: how many there are in all; also how many CPUs the cluster has that is started here. None for as many
            as there is room for.
        address: of a cluster, as `cluster` has it; None starts one on this machine.

    Raises:
        InvalidInput: if the cluster cannot be used or lacks what is asked for; from `submit`, for a recipe whose
            components workers cannot import; from `memory` and `next_outcome`, if workers cannot be started.
    """

    def __init__(
        self,
        prepare: Callable[[], object] | None = None,
        placement: Placement = anywhere,
        per_gpu: int | None = None,
        workers: int | None = None,
        address: str | None = None,
    ) -> None:
        self._ray = imported_ray()
        self._waiting: deque[Job] = deque()
        self._ended: deque[Outcome] = deque()
        self._workers: list[_Worker] = []
        self._false_starts = 0
        self._scope = ExitStack()
        with ExitStack() as scope:
            scope.enter_context(cluster(address, workers))
            slots = slots_of(self._ray.cluster_resources(), placement.accelerator, per_gpu, workers)
            self.slots = slots.count
            self.placement = _OnGpus.of(placement) if slots.gpus else placement
            actor = self._ray.remote(num_cpus=slots.cpus, num_gpus=slots.gpus, max_restarts=0)(RayWorker)
            self._new_actor: Callable[[], Any] = partial(actor.remote, prepare, placement)
            scope.callback(self._end_workers)
            for _ in range(slots.count):
                self._start_worker()
            self._scope = scope.pop_all()

    @cached_property
    def memory(self) -> int:
        """The bytes that each slot may take: the least of all workers' shares of their machines or GPUs."""
        deadline = time.monotonic() + _patience
        while starting := [worker.owed for worker in self._workers if worker.place is None]:
            measured = any(worker.place for worker in self._workers)
            left = max(0.0, deadline - time.monotonic()) if measured else None
            done, _ = self._ray.wait(starting, timeout=left)
            if not done:
                break
            self._receive(done[0])
        places = [worker.place for worker in self._workers if worker.place is not None]
        sharers = Counter(place.device for place in places)
        return min(place.memory // sharers[place.device] for place in places)

    def submit(self, task: Task) -> None:
        # Workers have another working directory than the driver.
        self._waiting.append(Job(task, pickled(dataclasses.replace(task, folder=task.folder.absolute()))))
        self._fill_slots()

    def next_outcome(self) -> Outcome:
        while not self._ended:
            self._fill_slots()
            if not self._waiting and not any(worker.job for worker in self._workers):
                raise RuntimeError("No task is under way: submit one before asking for an outcome.")
            done, _ = self._ray.wait([worker.owed for worker in self._workers if worker.owed is not None])
            self._receive(done[0])
        self._fill_slots()
        return self._ended.popleft()

    def close(self) -> None:
        self._waiting.clear()
        self._scope.close()

    def _end_workers(self) -> None:
        while self._workers:
            self._ray.kill(self._workers.pop().actor)

    def _start_worker(self) -> None:
        actor = self._new_actor()
        self._workers.append(_Worker(actor, actor.start.remote()))

    def _fill_slots(self) -> None:
        idle = (worker for worker in self._workers if worker.place is not None and worker.job is None)
        while self._waiting and (worker := next(idle, None)) is not None:
            worker.job = self._waiting.popleft()
            worker.job.start()
            worker.owed = worker.actor.train.remote(worker.job.message)

    def _receive(self, owed: Any) -> None:
        """Take what a worker owed: where it is, or how its task ended."""
        worker = next(worker for worker in self._workers if worker.owed == owed)
        try:
            answer: Started | Answer = self._ray.get(owed)
        except self._ray.exceptions.RayError as error:
            self._replace(worker, error)
            return
        worker.owed = None
        if isinstance(answer, Started):
            worker.place, self._false_starts = answer, 0
            return
        job, worker.job = worker.job, None
        assert job is not None
        assert worker.place is not None
        unseen = None if answer.error else _unseen(job.task, worker.place.host)
        self._ended.append(job.ended(unseen) if unseen else answer.outcome(job.task))

    def _replace(self, worker: _Worker, error: Exception) -> None:
        """Forget a worker that died; its task is the next to be started, or ends with an error."""
        self._workers.remove(worker)
        self._ray.kill(worker.actor)
        if worker.job is None:
            self._false_starts += 1
            if self._false_starts == attempts:
                last = str(error).strip().splitlines()[-1]
                raise InvalidInput(f"{attempts} workers of the Ray cluster died before their first task: {last}")
        else:
            place = f"on {worker.place.host}" if worker.place else "of the cluster"
            kind = re.search(r"exit type: (\w+)", str(error))
            outcome = worker.job.died(f"{place}, {kind[1] if kind else type(error).__name__}")
            if outcome is None:
                self._waiting.appendleft(worker.job)
            else:
                self._ended.append(outcome)
        self._start_worker()


@dataclass(frozen=True)
class _OnGpus(Placement):
    """A placement on GPUs of the cluster, told by a driver that may have none itself."""

    @classmethod
    def of(cls, placement: Placement) -> "_OnGpus":
        return cls(**{field.name: getattr(placement, field.name) for field in dataclasses.fields(placement)})

    @property
    def is_cuda(self) -> bool:
        return True


def _is_there(store: RunStore, run: Run, task: Task) -> bool:
    """Tell whether a run's record is in the store, or the checkpoint that a task up to some epochs leaves."""
    if store.find(run, task.purpose) is not None:
        return True
    found = read_checkpoint(store.path(run), run, task.backend)
    return found is not None and task.epochs is not None and found.epochs >= task.epochs


def _unseen(task: Task, host: str) -> str | None:
    """Return a sentence if this process cannot see what a worker has written, else None."""
    store, deadline = RunStore(task.folder), time.monotonic() + _delay
    missing = list(task.runs)
    while missing := [run for run in missing if not _is_there(store, run, task)]:
        if time.monotonic() > deadline:
            return (
                f"{len(missing)} runs of recipe {missing[0].recipe.hash} were trained on {host}, and what they left is"
                f" not in {task.folder.absolute()} here: give a --store on a file system that all nodes share."
            )
        for folder in (store.path(missing[0]), *store.path(missing[0]).parents[:2]):
            _look(folder)
        time.sleep(0.2)
    return None


def _look(folder: Path) -> None:
    """List a folder: a client of NFS asks the server again whether a name that it missed is there by now."""
    try:
        next(folder.iterdir(), None)
    except OSError:
        return
