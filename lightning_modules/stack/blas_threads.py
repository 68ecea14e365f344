"""The threads of the products that are not torch's."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from threading import Lock

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let the products of compiled code run on the thread that asks for them: they are too small to be shared.

    The number of threads is the process's: the first of several that train
    sets it, and the last gives back what it was.
    """
    limit = _limit()
    with limit.lock:
        if limit.users == 0:
            limit.held.enter_context(limit.blas.limit(limits=1))
        limit.users += 1
    try:
        yield
    finally:
        with limit.lock:
            limit.users -= 1
            if limit.users == 0:
                limit.held.close()


class _Limit:
    """How many use the limit, and what ends it."""

    def __init__(self) -> None:
        # A controller knows only of what is loaded when it is made; these are the products that compiled code calls.
        import scipy.linalg.cython_blas  # noqa: F401

        self.blas = ThreadpoolController().select(user_api="blas")
        self.lock, self.users, self.held = Lock(), 0, ExitStack()


@lru_cache(maxsize=1)
def _limit() -> _Limit:
    return _Limit()
