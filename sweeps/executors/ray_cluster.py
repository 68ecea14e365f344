"""A Ray cluster (Moritz et al. 2018, arXiv:1712.05889): reaching or starting one, and what of it a worker takes."""

import logging
import math
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

from lightning_modules.errors import InvalidInput
from sweeps.machine import usable_cores

__all__ = ["Slots", "check_reachable", "cluster", "imported_ray", "slots_of"]

_object_store = 80 * 2**20  # bytes, hardly more than Ray's least: tasks are small, and results go to the store
_patience = 10.0  # seconds for an address to answer; Ray itself would try for minutes
_silence = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@dataclass(frozen=True)
class Slots:
    """The workers of a cluster.

    Arguments:
        count: how many work at the same time.
        cpus: that each takes; a worker on a GPU takes none, so that a node may have more of them than CPUs.
        gpus: the part of a GPU that each takes.
    """

    count: int
    cpus: int
    gpus: float


def slots_of(
    resources: Mapping[str, float], accelerator: str = "auto", per_gpu: int | None = None, workers: int | None = None
) -> Slots:
    """Return the workers of a cluster: so many on each of its GPUs, or without any GPU one on each CPU.

    Arguments:
        resources: of the cluster, as Ray counts them.
        accelerator: to train on; ``auto`` takes GPUs where there are any.
        per_gpu: how many workers share a GPU, one by default.
        workers: how many there are in all, spread over the GPUs, or at most on CPUs; None for as many as there is
            room for.

    Raises:
        InvalidInput: if the cluster lacks what is asked for.
    """
    gpus = int(resources.get("GPU", 0)) if accelerator in ("auto", "gpu") else 0
    if gpus:
        sharers = per_gpu or (math.ceil(workers / gpus) if workers else 1)
        # Ray counts in ten-thousandths, and rounded up the last worker would find no room.
        return Slots(workers or gpus * sharers, 0, 1 if sharers == 1 else math.floor(1e4 / sharers) / 1e4)
    if accelerator == "gpu":
        raise InvalidInput("The Ray cluster has no GPU: give --accelerator auto or cpu.")
    if per_gpu is not None:
        raise InvalidInput("--per-gpu lets workers share GPUs, and the Ray cluster has none to train on: leave it out.")
    cpus = int(resources.get("CPU", 0))
    if not cpus:
        raise InvalidInput("The Ray cluster has no CPU: start its nodes with --num-cpus.")
    return Slots(min(workers or cpus, cpus), 1, 0)


def imported_ray() -> ModuleType:
    """Return the module `ray`.

    Raises:
        InvalidInput: if it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise InvalidInput("Ray is not installed: pip install 'lossatlas[ray]', or give --executor local.") from error
    return ray


def check_reachable(address: str | None) -> None:
    """See that Ray is there and that something listens at an address, if one is given.

    Raises:
        InvalidInput: if not.
    """
    imported_ray()
    if address in (None, "auto"):
        return
    host, _, port = str(address).rpartition(":")
    if not host or "/" in host or not port.isdigit():
        raise InvalidInput(f"The address of the Ray cluster is {address!r}: give HOST:PORT, or auto.")
    try:
        socket.create_connection((host, int(port)), timeout=_patience).close()
    except (OSError, OverflowError) as error:
        raise InvalidInput(
            f"No Ray cluster answers at {address} ({error}): `ray start --head` starts one; without --address, one of"
            " this machine is started."
        ) from error


@contextmanager
def cluster(address: str | None = None, cpus: int | None = None) -> Iterator[None]:
    """Be connected to a Ray cluster; what this process was connected to before, it stays connected to.

    Arguments:
        address: ``HOST:PORT`` of a cluster of which this machine is a node, or ``auto`` to find it; None starts a
            cluster of this machine alone, which ends with the context and with this process.
        cpus: of the cluster that is started; None for every core that this process may use.

    Raises:
        InvalidInput: if Ray is not installed, or the cluster cannot be reached or started.
    """
    ray = imported_ray()
    if ray.is_initialized():
        yield
        return
    folder = None
    if address is None:
        # In a folder of its own: Ray's common one may belong to somebody else. And near the root: the path of a
        # socket has at most 107 characters.
        folder = tempfile.mkdtemp(prefix="atlas-ray-", dir=os.environ.get("RAY_TMPDIR") or _short())
        options = {
            "address": "local",
            "num_cpus": cpus or usable_cores(),
            "include_dashboard": False,
            "object_store_memory": _object_store,
            "_temp_dir": folder,
        }
    else:
        check_reachable(address)
        options = {"address": address}
    try:
        with _signals_and_environment():
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        ray.shutdown()
        what = f"The Ray cluster at {address} cannot be used" if address else "Ray cannot be started"
        raise InvalidInput(f"{what}: {' '.join(str(error).split())}") from error
    try:
        yield
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _short() -> str:
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108 - a folder is made within


@contextmanager
def _signals_and_environment() -> Iterator[None]:
    """Keep this process's handler of SIGTERM and its environment; what Ray starts meanwhile reports to nobody."""
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    before = {name: os.environ.get(name) for name in _silence}
    os.environ.update(_silence)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        if main:
            signal.signal(signal.SIGTERM, handler)
