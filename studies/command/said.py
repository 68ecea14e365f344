"""What several verbs print, and the files that they write where the user says."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from lightning_modules.errors import InvalidInput
from sweeps.files import write_aside

__all__ = ["say", "say_progress", "say_written", "write_output"]


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


def write_output(output: Path, text: str) -> None:
    """Write the file of an option ``--output``, whole or not at all, and its folder if there is none.

    Raises:
        InvalidInput: if it cannot be written.
    """
    try:
        with write_aside(output) as aside:
            aside.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{output} cannot be written: {error.strerror}; give another --output.") from error
