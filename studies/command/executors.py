"""Which executor trains, by the options of the command line."""

from dataclasses import dataclass
from functools import partial

from lightning_modules.errors import InvalidInput
from studies.command.loader import LoadedStudy, load_file
from sweeps.executors.executor import Executor
from sweeps.executors.placement import Placement
from sweeps.machine import usable_cores

__all__ = ["ExecutorOptions", "executor_of"]


@dataclass(frozen=True)
class ExecutorOptions:
    """What trains, and how many at the same time.

    Arguments:
        name: local, ray or in-process; None is in-process without workers and otherwise local.
        workers: how many; None is `per_gpu` on each GPU, or without GPUs one for each core.
        per_gpu: how many share a GPU; None is one.
        address: of a Ray cluster; None starts one on this machine.

    Raises:
        InvalidInput: for another executor, or options that contradict each other.
    """

    name: str | None = None
    workers: int | None = None
    per_gpu: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        name, workers = self.name, self.workers
        if name not in (None, "local", "ray", "in-process"):
            raise InvalidInput(f"The executor is {name!r}: give local, ray or in-process.")
        if name in ("local", "ray") and workers == 0:
            raise InvalidInput(f"--workers 0 trains in this process, and --executor {name} does not: leave one out.")
        if name == "in-process" and workers:
            raise InvalidInput(f"--executor in-process has no workers: leave out --workers {workers}.")
        if self.per_gpu is not None and self.per_gpu < 1:
            raise InvalidInput(f"--per-gpu is {self.per_gpu}: give at least 1.")
        if self.per_gpu is not None and workers is not None:
            raise InvalidInput("--per-gpu and --workers both say how many workers there are: give one of them.")
        if self.per_gpu is not None and name == "in-process":
            raise InvalidInput("--per-gpu lets workers share GPUs, and --executor in-process has none: leave one out.")
        if self.address is not None and name != "ray":
            raise InvalidInput("--address is that of a Ray cluster: give --executor ray with it.")
        if self.address is not None and workers is not None:
            raise InvalidInput("The cluster at --address says how many workers there are: leave out --workers.")

    def check(self, placement: Placement) -> None:
        """See that all that is asked for is there, before anything is written.

        Raises:
            InvalidInput: if this machine has no such device, or Ray or its cluster cannot be reached.
        """
        if self.name == "ray":
            from sweeps.executors.ray_cluster import check_reachable

            check_reachable(self.address)
        if self.per_gpu is not None and placement.accelerator in ("cpu", "mps"):
            raise InvalidInput(f"--per-gpu lets workers share GPUs: leave out --accelerator {placement.accelerator}.")
        if self.address is not None:
            return  # the cluster's nodes train, and may have what this machine lacks
        placement.check()
        if self.per_gpu is not None and not placement.is_cuda:
            raise InvalidInput(
                "--per-gpu lets workers share GPUs, and this machine has none that torch can use: give --workers."
            )


def executor_of(loaded: LoadedStudy, options: ExecutorOptions, placement: Placement) -> Executor:
    """Return the executor that trains a study.

    Raises:
        InvalidInput: if it cannot be started.
    """
    if options.name == "in-process" or options.workers == 0:
        from sweeps.executors.in_process import InProcess

        return InProcess(placement)
    prepare = partial(load_file, loaded.file)
    if options.name == "ray":
        from sweeps.executors.ray import Ray

        return Ray(prepare, placement, options.per_gpu, options.workers, options.address)
    from sweeps.executors.devices import cuda_devices
    from sweeps.executors.local import Local, start_server

    # While this process imports torch, which knows the devices, the server of the workers imports it too.
    start_server()
    devices = cuda_devices() if placement.is_cuda else ()
    workers = options.workers or len(devices) * (options.per_gpu or 1) or usable_cores()
    return Local(workers, prepare, placement, devices)
