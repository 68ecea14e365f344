"""Pages from templates, in which every text that is not markup stays text."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["rendered"]

_templates = Path(__file__).parent / "templates"


def rendered(template: str, **content: object) -> str:
    """Return a page.

    Arguments:
        template: its name in `templates`.
        content: by the names that the template knows; one that is missing is an error.
    """
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(text: str) -> str:
    """Return a text whose numbers stay in one line with what they are of."""
    return text.replace(" %", "\u00a0%").replace("n = ", "n\u00a0=\u00a0").replace("p = ", "p\u00a0=\u00a0")
