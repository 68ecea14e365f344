"""What lives in a worker process of a Ray cluster."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from sweeps.executors.placement import Placement
from sweeps.executors.worker import Answer, Worker

__all__ = ["RayWorker", "Started"]


@dataclass(frozen=True)
class Started:
    """Where a worker is.

    Arguments:
        host: its machine's name.
        device: what it shares with other workers: its machine, or its GPU if it trains on one.
        memory: bytes that it could take there if it were alone.
    """

    host: str
    device: str
    memory: int


class RayWorker:
    """An actor: Ray calls its methods one after another, in the main thread of a process of its own.

    Arguments:
        prepare: called once, before the first task.
        placement: where it trains.
    """

    def __init__(self, prepare: Callable[[], object] | None, placement: Placement) -> None:
        # What training needs is imported now: the first task finds it there, as in workers of this machine.
        import sweeps.executors.preload  # noqa: F401

        self._worker, self._placement = Worker(prepare), placement

    def start(self) -> Started:
        """Say where this is."""
        host = socket.gethostname()
        device = os.environ.get("CUDA_VISIBLE_DEVICES", "") if self._placement.is_cuda else ""
        return Started(host, f"{host} {device}", self._placement.memory(1))

    def train(self, message: bytes) -> Answer:
        """Train a pickled task."""
        return self._worker.train(message)
