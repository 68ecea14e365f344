"""The database of a search: SQLite beside the runs, or whatever SQLAlchemy reaches by a URL."""

import sqlite3
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import optuna
from optuna.exceptions import StorageInternalError
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from lightning_modules.errors import InvalidInput
from sweeps.files import write_aside
from sweeps.secrets import without_passwords

__all__ = ["identity", "open_database", "sentences"]


def open_database(place: Path | str) -> optuna.storages.RDBStorage:
    """Open a database, or make it.

    Arguments:
        place: the path of an SQLite file, or an SQLAlchemy URL.

    Raises:
        InvalidInput: if it cannot be opened; a password in the URL is not shown.
    """
    with sentences(place):
        if isinstance(place, Path):
            return _sqlite(place)
        url = make_url(place)
        if url.get_backend_name() == "sqlite" and url.database and "uri" not in url.query:
            return _sqlite(Path(url.database))
        return _storage(url)


@contextmanager
def sentences(place: Path | str) -> Iterator[None]:
    """Turn what a database raises into a sentence.

    Raises:
        InvalidInput: for any error of the database; a password in its URL is not shown.
    """
    try:
        yield
    except (sqlite3.DatabaseError, SQLAlchemyError, StorageInternalError, ImportError) as error:
        raise InvalidInput(_sentence(place, error)) from None


def identity(path: Path) -> str:
    """Return what tells a store's searches from those of other stores in the same database; written at first use."""
    if not path.is_file():
        with write_aside(path) as aside:
            aside.write_text(uuid.uuid4().hex + "\n")
    return path.read_text().strip()


def _sqlite(path: Path) -> optuna.storages.RDBStorage:
    """Return a storage on SQLite that does not wait for the disk at every commit.

    The write-ahead log survives the end of the program at any moment, which
    the default rollback journal does too, at ten times the cost.
    """
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    # A path may hold what means something in a URL.
    url = URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query={"uri": "true"})
    storage = _storage(url, {"timeout": 60})
    event.listen(storage.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=NORMAL"))
    storage.engine.dispose()  # Connections opened before the listener was there are closed.
    return storage


def _storage(url: URL, arguments: dict[str, object] | None = None) -> optuna.storages.RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            url.render_as_string(hide_password=False), engine_kwargs={"connect_args": arguments or {}}
        )


def _sentence(place: Path | str, error: Exception) -> str:
    if isinstance(place, Path):
        return f"{place} is not a search's database ({error}): move it away and run again; complete runs are kept."
    if isinstance(error, ArgumentError) and not isinstance(error, NoSuchModuleError):
        return "--storage is not a URL: give one such as postgresql://user:password@host/database."
    url = make_url(place)
    shown = url.render_as_string()
    if isinstance(error, ImportError | NoSuchModuleError):
        return f"The driver of {shown} is not installed: for PostgreSQL pip install 'lossatlas[postgresql]'."
    reason = " ".join(str(error.__cause__ or error).split())
    return f"The database {shown} cannot be used ({without_passwords(reason, url.password)}): see that it runs."
