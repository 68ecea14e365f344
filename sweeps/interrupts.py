"""Ctrl-C is for the driver alone."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

__all__ = ["children_deaf_to_interrupts"]


@contextmanager
def children_deaf_to_interrupts() -> Iterator[None]:
    """Processes started meanwhile never see SIGINT, not even while they still import.

    Ctrl-C reaches the whole process group: without this the driver's children
    would end, with a traceback each, before it decides what is to be done.
    """
    # Its own start would unblock the signal.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
