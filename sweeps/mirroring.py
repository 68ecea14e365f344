"""A tracker whose runs are written by a process of its own."""

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from sweeps.describing import Describing, Detail
from sweeps.interrupts import children_deaf_to_interrupts
from sweeps.mirrored_run import MirroredRun
from sweeps.paths import StudyPaths
from sweeps.writers.writer import Writer

__all__ = ["Mirroring"]

_niceness = 19
"""Of the process: it takes what the training leaves of the machine."""

_logger = logging.getLogger(__name__)


class Mirroring(Describing):
    """Mirrors every trial, every confirmed run and the study as a tracker's runs, in a process of its own.

    ``finished.txt`` in the writer's folder lists what is mirrored, so that a
    resumed study mirrors only what is new; a run that was cut short, is gone or
    whose content changed is written in place of the old one.

    Arguments:
        name: the study's.
        paths: the study's.
        writer: writes the runs.
        detail: as `Describing` has it.

    Attributes:
        written: how many runs were given to the process.
        kept: how many were written already.
        failure: why the process stopped writing, None if it did not.
    """

    def __init__(self, name: str, paths: StudyPaths, writer: Writer, detail: Detail = "trials") -> None:
        super().__init__(name, paths, detail)
        self._writer = writer
        self._finished = _finished(writer)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self.written = self.kept = 0
        self.failure: str | None = None

    def close(self) -> None:
        if self._connection is None or self._process is None:
            return
        # If it is gone already, what it said last is still there to be read.
        with contextlib.suppress(OSError):
            self._connection.send(None)
        self._hear_all()
        self._connection.close()
        self._process.join()
        self._connection = self._process = None

    def take(self, describe: Callable[[], MirroredRun]) -> None:
        """Send a run to the process, unless it is written already."""
        if self.failure is not None:
            return
        try:
            run = describe()
            if self._finished.get(run.id) == run.digest:
                self.kept += 1
                return
            self._finished[run.id] = run.digest
            connection = self._connection or self._start()
            if connection.poll():
                self._hear_all()
            else:
                connection.send(run)
                self.written += 1
        except Exception as error:  # noqa: BLE001 - whatever happens here, the study goes on
            if isinstance(error, OSError) and self._connection is not None:
                self._hear_all()
            self._give_up(_sentence(error))

    def _start(self) -> Connection:
        # Spawned, not forked from the workers' server: it needs neither torch nor a server that has imported it.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_mirror, args=(theirs, self._writer), daemon=True)
        with children_deaf_to_interrupts():
            self._process.start()
        theirs.close()
        self._connection = ours
        return ours

    def _hear_all(self) -> None:
        """Wait until the process ends, and take what it has to say: nothing, unless it failed."""
        assert self._connection is not None
        assert self._process is not None
        with contextlib.suppress(EOFError, OSError):
            self._give_up(self._connection.recv())
        self._process.join()
        if self._process.exitcode:
            self._give_up(f"its process died with exit status {self._process.exitcode}")

    def _give_up(self, reason: str) -> None:
        if self.failure is None:
            _logger.warning(
                "%s tracking stopped (%s). The study goes on; `atlas track publish` mirrors what is missing.",
                self._writer.title,
                reason,
            )
            self.failure = reason


def _finished(writer: Writer) -> dict[str, str]:
    """Return the digest of every run that is completely written where the writer writes, by id.

    A torn line counts for nothing, nor does a run that is no longer there.
    """
    try:
        lines = (writer.folder / "finished.txt").read_text().splitlines()
    except OSError:
        return {}
    target, held = writer.target, writer.held()
    words = [line.split() for line in lines]
    # The last line of a run says what is there now.
    last = {each[0]: each[1:] for each in words if len(each) == 3}
    return {run: said[0] for run, said in last.items() if said[1] == target and (held is None or run in held)}


def _mirror(connection: Connection, writer: Writer) -> None:
    """Write runs until told to end; if the driver dies, leave at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_niceness)
    runs: SimpleQueue[MirroredRun | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, runs), daemon=True).start()
    try:
        _write_all(runs, writer, writer.folder)
        writer.close()
        # To take apart all that a tracker's library has imported takes longer than to write the last runs.
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - whatever a tracker's library raises, the study goes on
        connection.send(_sentence(error))


def _write_all(runs: "SimpleQueue[MirroredRun | None]", writer: Writer, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "finished.txt").open("a") as finished:
        finished.write("\n")  # ends a line that a killed process tore
        while (run := runs.get()) is not None:
            writer.write(run)
            finished.write(f"{run.id} {run.digest} {writer.target}\n")
            finished.flush()


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _listen(connection: Connection, runs: "SimpleQueue[MirroredRun | None]") -> None:
    try:
        while (run := connection.recv()) is not None:
            runs.put(run)
        runs.put(None)
    except (EOFError, OSError):
        os._exit(1)
