"""Threads that each compute what is their own."""

from concurrent.futures import ThreadPoolExecutor

import torch

__all__ = ["own_threads"]


def own_threads() -> ThreadPoolExecutor:
    """Return as many threads as torch may use, each of which has one thread for its own operations.

    Sharing out the work within an operation of a small network costs more than
    the operation. The number of threads is a setting of each thread: it is the
    caller's that counts, and stays.
    """
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=torch.set_num_threads, initargs=(1,))
