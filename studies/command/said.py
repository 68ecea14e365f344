"""Lines that several verbs print."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

__all__ = ["say", "say_progress", "say_written"]


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)


def say_progress(line: str) -> None:
    """Print how far a long measurement is, beside what it finds: on the standard error."""
    typer.echo(line, err=True)


def say_written(folder: Path, names: Sequence[str]) -> None:
    """Print which files a folder now holds."""
    typer.echo(f"Written: {', '.join([str(folder / names[0]), *names[1:]])}")
