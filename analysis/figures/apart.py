"""Figures of a report that another process draws meanwhile."""

import multiprocessing
import os
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from analysis.plate import Plate
from sweeps.interrupts import children_deaf_to_interrupts
from sweeps.paths import StudyPaths

__all__ = ["Apart"]


class Apart:
    """Another process that draws the figures of a report, the last kinds first, until whoever writes it meets it.

    Which of the two draws a figure changes nothing in it. What the other process cannot draw is left to this one,
    which then says why. It is deaf to Ctrl-C, and ends with the context; for reports of the study as it is when that
    begins. Forked from the server of the workers (`sweeps.executors.local.start_server`), which has imported torch.

    Arguments:
        paths: of the study.
        prepare: called once in the process, for example to load the study file whose components the runs hold; must
            be picklable.
    """

    def __init__(self, paths: StudyPaths, prepare: Callable[[], object]) -> None:
        self._paths, self._prepare = paths, prepare

    def __enter__(self) -> Self:
        import torch

        from analysis.figures.gallery import kinds

        self._left, self._drawn = deque(range(len(kinds))), dict[int, list[Plate]]()
        self._folder = Path(tempfile.mkdtemp(prefix=".figures.", dir=self._paths.root))
        context = multiprocessing.get_context("forkserver")
        self._connection, theirs = context.Pipe()
        words = (theirs, self._paths, self._folder, self._prepare, torch.get_num_threads())
        self._process = context.Process(target=_draw, args=words, daemon=True)
        with children_deaf_to_interrupts():
            self._process.start()
        theirs.close()
        self._thread = Thread(target=self._hand_out, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.clear()
        self._process.kill()  # which ends its pipe, and that the thread
        self._process.join()
        self._thread.join()
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def shared(self, draws: Sequence[Callable[[], list[Plate]]], folder: Path) -> list[Plate]:
        """Draw the kinds of figures that the other process has not begun, and return all figures in order.

        Arguments:
            draws: what draws each kind here.
            folder: for PNG and PDF files, in the same file system as the study.
        """
        drawn: dict[int, list[Plate]] = {}
        while (place := _taken(self._left.popleft)) is not None:
            drawn[place] = draws[place]()
        self._thread.join()
        for place, draw in enumerate(draws):
            if place not in drawn:
                drawn[place] = self._drawn[place] if place in self._drawn else draw()
        for file in self._folder.iterdir():
            if not (folder / file.name).exists():
                file.rename(folder / file.name)
        return [plate for place in sorted(drawn) for plate in drawn[place]]

    def _hand_out(self) -> None:
        """Let the other process draw kind after kind; a thread of its own, since this one has other things to do."""
        try:
            while (place := _taken(self._left.pop)) is not None:
                self._connection.send(place)
                self._drawn[place] = self._connection.recv()
        except (EOFError, OSError):
            return  # it has ended: what it had begun is drawn here


def _taken(take: Callable[[], int]) -> int | None:
    try:
        return take()
    except IndexError:
        return None


def _draw(connection: Connection, paths: StudyPaths, folder: Path, prepare: Callable[[], object], threads: int) -> None:
    """Be the other process: draw the kinds whose places are asked for until the pipe closes."""
    # Whoever started the server may not have blocked it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Threads that share an operation wait for the last of them, which should not wait for this process.
    os.nice(19)
    try:
        import torch

        from analysis.figures.gallery import kinds, plates
        from analysis.findings import find
        from analysis.results import StudyResults

        # As in the process that it helps: sums of other parts round differently.
        torch.set_num_threads(threads)
        prepare()
        findings = find(StudyResults.open(paths))
        while True:
            connection.send(plates(kinds[connection.recv()], findings, folder))
    except Exception:  # noqa: BLE001 - the process that it helps draws the same, and says what is wrong
        return
