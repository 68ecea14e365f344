"""The page of optuna-dashboard on a study's search, for reading only: the driver alone writes to its database."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna_dashboard import wsgi

from lightning_modules.errors import InvalidInput
from sweeps.database import open_database

__all__ = ["search_page"]

_App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Say nothing of a request."""


@contextmanager
def search_page(database: Path | str, host: str, port: int) -> Iterator[tuple[WSGIServer, str]]:
    """Open a server of the page and its address; it answers while its ``serve_forever`` runs.

    Arguments:
        database: of the search, a path or an SQLAlchemy URL.
        host: on which it listens.
        port: likewise; 0 takes any that is free.

    Raises:
        InvalidInput: if there is no such database, or nobody can listen there.
    """
    if isinstance(database, Path) and not database.is_file():
        raise InvalidInput(
            f"There is no search in {database}: `atlas run` the study first, or give the --storage of its search."
        )
    storage = open_database(database)
    try:
        server = make_server(host, port, _for_reading(wsgi(storage)), _Server, _Quiet)
    except OSError as error:
        raise InvalidInput(
            f"Nothing can listen on {host}:{port} ({error.strerror}): give another --port, or 0 for a free one."
        ) from error
    try:
        yield server, f"http://{host}:{server.server_port}/"
    finally:
        server.server_close()
        storage.remove_session()
        storage.engine.dispose()


def _for_reading(app: _App) -> _App:
    """Return an app that refuses whatever would change the search under its driver."""

    def answer(request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if request["REQUEST_METHOD"] in ("GET", "HEAD"):
            return app(request, start)
        start("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"reason": "This page is for reading: a search is changed by `atlas run` alone."}']

    return answer
