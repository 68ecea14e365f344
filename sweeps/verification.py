"""What is wrong in a study's folder, and how it is mended."""

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from lightning_modules.errors import InvalidInput
from sweeps.files import read_json
from sweeps.finding import Finding
from sweeps.known_recipes import KnownRecipes
from sweeps.lock import is_locked
from sweeps.paths import StudyPaths
from sweeps.record import RunRecord
from sweeps.verified_course import verify_course
from sweeps.verified_run import is_leftover, verify_run

__all__ = ["verify"]

_databases = {"search.db", "search.db-wal", "search.db-shm"}
_folders = {"runs", "single", "wandb", "trackers", "report", "ensembles", "landscape", "comparison", "damaged"}
_files = {".lock", ".stop", "search.id", "study.json", "driver.json", "journal.jsonl", *_databases}


def verify(paths: StudyPaths, *, quick: bool = False) -> Iterator[Finding]:
    """Yield everything that is wrong in a study's folder.

    Every record is read and held against its folder's name, every file against
    its record, every array against the steps, epochs and snapshots that the
    record tells of, and the study's course against the records.

    Arguments:
        paths: the study's.
        quick: leave out checksums and arrays.

    Raises:
        InvalidInput: if there is no such folder, a driver is at work in it, or its recipes are made of components
            that a study file defines which was not loaded.
    """
    if not paths.root.is_dir():
        raise InvalidInput(f"There is no folder {paths.root}: nothing to verify.")
    if is_locked(paths):
        raise InvalidInput(f"Another atlas is at work in {paths.root}: wait for it to end, or `atlas stop` it first.")
    yield from _root(paths)
    known = KnownRecipes()
    records: dict[tuple[str, str], RunRecord | None] = {}
    for folder in (paths.runs, paths.single):
        for run in _run_folders(folder):
            if isinstance(run, Finding):
                yield run
                continue
            found = verify_run(run, folder == paths.single, known, quick=quick)
            record, stray = (None, [found]) if isinstance(found, Finding) else found
            yield from stray
            if folder == paths.runs:
                records[run.parent.name, run.name] = record
    yield from verify_course(paths, records, known)


def _root(paths: StudyPaths) -> Iterator[Finding]:
    """Verify what lies in the study's folder itself."""
    for entry in sorted(os.scandir(paths.root), key=lambda entry: entry.name):
        path = Path(entry.path)
        if is_leftover(entry.name) or entry.name.startswith((".report.", ".figures.", ".landscape.")):
            yield Finding(path, "was left behind by a driver that was killed", path)
        elif entry.name not in (_folders if entry.is_dir() else _files):
            yield Finding(path, "is not part of a study", path)
    if paths.driver.is_file():
        try:
            broken = not isinstance(read_json(paths.driver), dict)
        except (InvalidInput, OSError):
            broken = True
        if broken:
            yield Finding(paths.driver, "is not what a driver writes", paths.driver)
    if paths.search.exists() and (reason := _broken_database(paths.search)):
        yield Finding(paths.search, f"is not a search's database ({reason})", paths.search)


def _broken_database(path: Path) -> str | None:
    """Return what SQLite finds wrong in a database, or None."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        try:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT count(*) FROM trials").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if answer == "ok" else str(answer)


def _run_folders(folder: Path) -> Iterator[Path | Finding]:
    """Yield the folders of runs, and what lies among them and is none."""
    if not folder.is_dir():
        return
    for recipe in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not recipe.is_dir() or not re.fullmatch(r"[0-9a-f]{12}", recipe.name):
            yield Finding(Path(recipe.path), "is not the folder of a recipe", Path(recipe.path))
            continue
        for run in sorted(os.scandir(recipe.path), key=lambda entry: entry.name):
            if run.is_dir() and re.fullmatch(r"init\d+-order\d+-split\d+", run.name):
                yield Path(run.path)
            else:
                yield Finding(Path(run.path), "is not the folder of a run", Path(run.path))
