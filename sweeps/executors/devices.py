"""Which CUDA device each worker sees: one, its own, as the only one."""

import os
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection

from sweeps.executors.worker import work

__all__ = ["Devices", "cuda_devices", "visible_devices", "work_on"]

_variable = "CUDA_VISIBLE_DEVICES"


def visible_devices(environment: Mapping[str, str], count: int) -> tuple[str, ...]:
    """Return the names under which a child process can be given each device that this process sees.

    Arguments:
        environment: of this process; what its ``CUDA_VISIBLE_DEVICES`` says (numbers, UUIDs, also shortened) is
            passed on as it stands, since a number counts all devices of the machine, not those that are visible.
        count: how many devices CUDA found; it stops at the first name that is no device.
    """
    if _variable not in environment:
        return tuple(str(number) for number in range(count))
    return tuple(name.strip() for name in environment[_variable].split(","))[:count]


def cuda_devices() -> tuple[str, ...]:
    """Return the names of the CUDA devices that this process sees, without initialising CUDA where NVML can count."""
    import torch

    return visible_devices(os.environ, torch.cuda.device_count())


class Devices:
    """Hands a device to every worker that starts, the least used first, and takes it back when the worker has died.

    Arguments:
        names: the devices; none where workers need not be told of any.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._users = dict.fromkeys(names, 0)

    def take(self) -> str | None:
        """Return the device of a new worker; of devices that are used equally, the first."""
        if not self._users:
            return None
        name = min(self._users, key=self._users.__getitem__)
        self._users[name] += 1
        return name

    def give_back(self, name: str | None) -> None:
        """Note that a worker left its device."""
        if name is not None:
            self._users[name] -= 1


def work_on(device: str | None, connection: Connection, prepare: Callable[[], object] | None, pulse: float) -> None:
    """Be a worker process that sees one device, or without a name those that its driver sees.

    The process must not have initialised CUDA: what it sees is settled then.
    """
    if device is not None:
        os.environ[_variable] = device
    work(connection, prepare, pulse)
