"""All core studies one after the other."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from studies.command.loader import built_in

__all__ = ["core_studies", "run_all"]

Start = Callable[[Sequence[str]], int]
"""Runs one command of `atlas`, and returns its exit status."""

_for_trying_out = ("quickstart", "smoke")
_interrupted = 130


def core_studies() -> list[str]:
    """Return the names of all built-in studies but those that are there to try out an installation."""
    return [file.stem for file in built_in() if file.stem not in _for_trying_out]


def run_all(names: Sequence[str], words: Sequence[str], store: Path, start: Start | None = None) -> int:
    """Run studies one after the other, each in a process of its own, and return the exit status of the whole.

    One that fails does not keep the others from being run: it is named at the
    end, and the status is 1. What was interrupted or stopped ends all, with
    status 130; the same command goes on from there.

    Arguments:
        names: of the studies.
        words: options of `atlas run`, the store not among them.
        store: folder that holds everything of every study.
        start: runs one command, in a process unless given.
    """
    failed = []
    for number, name in enumerate(names, 1):
        typer.echo(f"{name} ({number} of {len(names)})")
        status = (start or _in_process)(["run", name, *words, "--store", str(store)])
        if status == _interrupted:
            typer.echo(
                f"{name} was number {number} of {len(names)}: the same `atlas run --all` goes on with it.", err=True
            )
            return _interrupted
        if status:
            failed.append(name)
    page = store / "index.html"
    if page.is_file():
        typer.echo(f"Atlas: {page}")
    if failed:
        typer.echo(f"{len(failed)} of {len(names)} studies failed: {', '.join(failed)}.", err=True)
    return 1 if failed else 0


def _in_process(words: Sequence[str]) -> int:
    # A Ctrl-C reaches the study's process by itself, which finishes what is under way; this one waits for it. A handler
    # that does nothing, because to ignore signals would be inherited. What is sent to this process alone is passed on.
    with subprocess.Popen([sys.executable, "-m", "studies", *words], env=os.environ) as study:  # noqa: S603
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
            signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, _: study.send_signal(number)),
        }
        try:
            return study.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
