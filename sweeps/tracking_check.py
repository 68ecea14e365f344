"""Whether the offline files of W&B hold what the store holds."""

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lightning_modules.errors import InvalidInput
from sweeps.files import checksum
from sweeps.mirrored_run import MirroredRun
from sweeps.offline_runs import OfflineRun, read_offline_run
from sweeps.writers.wandb_writer import run_folders

__all__ = ["faults_of_offline_run", "verify_offline_runs"]

_readers = 4


def verify_offline_runs(expected: Mapping[str, MirroredRun], folder: Path) -> Iterator[str]:
    """Yield, in words, what W&B's files lack or hold otherwise than the store does, in the order of the runs.

    Arguments:
        expected: what the store holds, by id.
        folder: of the offline runs.
    """
    places = run_folders(folder)

    def read(name: str) -> OfflineRun | str:
        try:
            return read_offline_run(places[name])
        except InvalidInput as error:
            return str(error)

    with ThreadPoolExecutor(_readers) as pool:
        held = pool.map(read, [name for name in expected if name in places])
        for name, run in expected.items():
            if name not in places:
                yield f"{folder} holds no W&B run {name} ({run.name})"
                continue
            found = next(held)
            faults = [found] if isinstance(found, str) else faults_of_offline_run(run, found)
            yield from (f"{places[name]} ({run.name}) {fault}" for fault in faults)


def faults_of_offline_run(run: MirroredRun, found: OfflineRun) -> Iterator[str]:
    """Yield what W&B's files hold otherwise than the store, in words.

    Arguments:
        run: as the store has it.
        found: as W&B's reader has it.
    """
    if found.exit_code != 0:
        yield "was cut short"
        return
    about = {
        "run_id": run.id,
        "display_name": run.name,
        "run_group": run.group,
        "job_type": run.job_type,
        "tags": list(run.tags),
    }
    for name, wanted in about.items():
        if found.about.get(name) != wanted:
            yield f"has the {name} {found.about.get(name)!r} where the store has {wanted!r}"
    if not _same(_plain(run.config), found.config):
        yield "has another config than the store"
    yield from _faults_of_history(run.history(), found.history)
    for name, wanted in _plain(run.summary()).items():
        if not _same(wanted, found.summary.get(name)):
            yield f"has another {name} in its summary than the store"
    for name, rows in run.tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        if not _same(_plain([{column: row.get(column) for column in columns} for row in rows]), found.table(name)):
            yield f"has another table {name!r} than the store"
    yield from _faults_of_files(run, found)


def _faults_of_history(wanted: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = [{name: value for name, value in row.items() if not name.startswith("_")} for row in found if "step" in row]
    if len(rows) != len(wanted):
        yield f"has {len(rows)} rows of curves where the store has {len(wanted)}"
        return
    for own, other in zip(wanted, rows, strict=True):
        if not _same(own, other):
            names = sorted(name for name in own.keys() | other.keys() if not _same(own.get(name), other.get(name)))
            yield f"has another {', '.join(names)} at step {own['step']:.0f} than the store"
            return


def _faults_of_files(run: MirroredRun, found: OfflineRun) -> Iterator[str]:
    for path, wanted in run.figures.items():
        held = found.summary.get(f"figures/{path.stem}.path")
        copy = found.folder / "files" / str(held)
        # W&B wraps a drawing in a page of its own.
        whole = copy.is_file() and (path.suffix == ".svg" or checksum(copy) == wanted)
        if held is None or not whole:
            yield f"does not have the figure {path.name} of the store"
    for name, files in run.artifacts.items():
        held_files = found.artifacts.get(name, {})
        lacking = [path.name for path in files if held_files.get(path.name) != _md5(path)]
        if lacking:
            yield f"has other {name} than the store ({', '.join(lacking)})"


def _md5(path: Path) -> str:
    """Return a file's MD5 in base 64, by which W&B names contents."""
    return base64.b64encode(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()).decode()


def _plain(value: Any) -> Any:
    """Return data as JSON gives it back."""
    return json.loads(json.dumps(value))


def _same(wanted: Any, found: Any) -> bool:
    """Tell whether data are the same but for the last digit of a number."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return wanted.keys() == found.keys() and all(_same(each, found[name]) for name, each in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    if isinstance(wanted, float) and isinstance(found, int | float):
        return math.isclose(wanted, found, rel_tol=1e-12, abs_tol=0.0) or (math.isnan(wanted) and math.isnan(found))
    return bool(wanted == found)
