"""The verb `help`: short pages, each the docstring of a module and those of what it names."""

import ast
import difflib
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lightning_modules.errors import InvalidInput
from studies import help as pages
from studies.command.said import say

__all__ = ["helping", "page", "topics"]

helping = typer.Typer()


@helping.command("help")
def help_(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="Of which page. [default: list]")] = None,
) -> None:
    """Print a short page on a topic, such as writing a study or reading a report, or list the topics."""
    if topic is None:
        width = max(map(len, topics()))
        say(f"{name:<{width}}  {title}" for name, title in topics().items())
        typer.echo("`atlas help TOPIC` prints a page, `atlas VERB --help` the options of a verb.")
    else:
        say(page(topic))


def topics() -> dict[str, str]:
    """Return the first line of every page, by topic."""
    files = sorted(Path(pages.__file__).parent.glob("[!_]*.py"))
    return {file.stem: (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0] for file in files}


def page(topic: str) -> Iterator[str]:
    """Yield the lines of a page.

    Raises:
        InvalidInput: if there is none on this topic.
    """
    known = topics()
    if topic not in known:
        near = difflib.get_close_matches(topic, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}."
        raise InvalidInput(f"There is no help on {topic!r}: {hint}")
    module = importlib.import_module(f"{pages.__name__}.{topic}")
    yield inspect.getdoc(module) or ""
    for named in module.named:
        yield f"\n{named.__module__}.{named.__name__}\n"
        yield from (f"    {line}".rstrip() for line in (inspect.getdoc(named) or "").splitlines())
